// The inactive indexes are listed at every call, since a reindex on any machine may create one, activate it or end. An
// index is inactive if its mapping names this ledger and no search alias names it.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "search/elastic/elastic_index.hpp"
#include "search/elastic/manage.hpp"

namespace confab::search {
namespace {

class inactive_index_in_engine final : public inactive_index {
public:
    inactive_index_in_engine(const elastic_index_options& options, ledger::index_progress& progress,
                             const resolved_index& at)
        : index_(open_replacement_index(options, progress, at.name)), progress_(progress), id_(at.id) {}

    index& reader() override { return index_->reader(); }
    index_writer& writer() override { return index_->writer(); }

    awaitable<result<slice>> changed_chats(core::chat_id after) override {
        auto found = co_await progress_.changed_chats(id_, after);
        if (!found) co_return found.error();
        co_return slice{std::move(found->chats), found->next};
    }

private:
    const std::unique_ptr<replacement_index> index_;
    ledger::index_progress& progress_;
    const ledger::index_id id_;
};

class inactive_indexes_in_engine final : public inactive_indexes {
public:
    inactive_indexes_in_engine(const elastic_index_options& options, ledger::index_progress& progress)
        : options_(options), engine_(elastic::make_client(options.engine)), progress_(progress) {}

    awaitable<result<std::vector<std::unique_ptr<inactive_index>>>> all() override {
        std::vector<std::unique_ptr<inactive_index>> found;
        const auto known = co_await indexes_named_alike(*engine_, options_);
        if (!known) co_return known.error();
        for (const auto& one : unsearched_of(*known, options_))
            if (one.definition == definition_match::same)
                found.push_back(std::make_unique<inactive_index_in_engine>(options_, progress_, one.index));
        co_return found;
    }

    // The order matters. An expired lease is dropped first, so that no reindex resumes an index that is being removed.
    // The indexes are listed before the leases are read (without_leased). The recorded ids are read before the indexes
    // are listed. So an index that is created in between is not taken for a removed one.
    awaitable<result<void>> remove_unused() override {
        if (options_.cluster.empty()) co_return result<void>();
        const auto dropped = co_await progress_.drop_expired();
        if (!dropped) co_return dropped.error();
        const auto remembered = co_await progress_.indexes();
        if (!remembered) co_return remembered.error();
        const auto known = co_await indexes_named_alike(*engine_, options_);
        if (!known) co_return known.error();
        const auto removed = co_await remove_orphans(*known);
        if (!removed) co_return removed.error();
        co_return co_await forget_removed(*remembered, *known);
    }

    std::string last_failure() const override { return engine_->last_failure(); }

private:
    awaitable<result<void>> remove_orphans(const std::vector<index_description>& known) {
        const auto orphans = co_await without_leased(unsearched_of(known, options_), progress_);
        if (!orphans) co_return orphans.error();
        const auto seen_before = std::exchange(seen_, {});
        for (const auto& one : *orphans) {
            const auto& name = one.index.name;
            if (!seen_before.contains(name)) {
                seen_.insert(name);
                continue;
            }
            const auto removed = co_await remove_unsearched(*engine_, options_, name, progress_);
            if (!removed) co_return removed.error();
            if (*removed) log::info(fmt::format("removed the orphaned index {}", name));
        }
        co_return result<void>();
    }

    // An engine without this ledger's searched index may be the wrong one. Then nothing is forgotten.
    awaitable<result<void>> forget_removed(const std::vector<ledger::index_id>& remembered,
                                           const std::vector<index_description>& known) {
        const auto is_searched = [&](const index_description& one) {
            return one.ledger == options_.cluster &&
                   std::ranges::find(one.aliases, options_.alias) != one.aliases.end();
        };
        if (std::ranges::none_of(known, is_searched)) co_return result<void>();
        for (const auto& id : remembered) {
            const bool is_there =
                std::ranges::any_of(known, [&](const index_description& one) { return one.index.id == id; });
            if (is_there) continue;
            const auto forgotten = co_await progress_.forget(id);
            if (!forgotten) co_return forgotten.error();
        }
        co_return result<void>();
    }

    const elastic_index_options options_;
    const std::unique_ptr<elastic::client> engine_;
    ledger::index_progress& progress_;
    std::set<std::string> seen_;  // the orphans of the previous call
};

}  // namespace

std::unique_ptr<inactive_indexes> open_inactive_indexes(const elastic_index_options& options,
                                                        ledger::index_progress& progress) {
    return std::make_unique<inactive_indexes_in_engine>(options, progress);
}

}  // namespace confab::search
