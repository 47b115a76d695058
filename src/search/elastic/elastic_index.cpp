// 1. A search first reads the chat's position from the ledger, then queries the engine. The engine then has at least
//    the texts up to the position: a store makes its texts searchable before it moves the position.
// 2. A store writes each text with its message's version. So an older text never replaces a newer one, and a late
//    replay never undoes a deletion, which is an empty text. The store waits until its texts are on disk and
//    searchable. Then it moves the position, if that is still where the store began. An interrupted store leaves texts
//    above the position. The next store writes them again.
// 3. The position belongs to one index, by its UUID (index_locator.hpp). If the engine loses the index, the position of
//    a new one is (0, 0).
//
// Why each store refreshes the engine: the engine's own refresh takes a second. A search that scans the messages above
// the position costs more than a refresh.
#include "search/elastic/elastic_index.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <set>

#include "base/log_throttle.hpp"
#include "base/require.hpp"
#include "search/elastic/index_definition.hpp"
#include "search/elastic/index_locator.hpp"
#include "search/elastic/manage.hpp"
#include "search/elastic/wire.hpp"

namespace confab::search {
namespace {

constexpr std::size_t bulk_bytes_max = 4 * 1024 * 1024;  // per request; the engine accepts 100 MB
constexpr std::size_t audited_texts_max = 200;           // per answer; each has 64 KiB at most

class index_in_engine final : public replacement_index, public index, public index_writer, public index_auditor {
public:
    index_in_engine(const elastic_index_options& options, const std::string& target, ledger::index_progress& progress)
        : options_(options),
          engine_(elastic::make_client(options.engine)),
          target_(target),
          locator_(*engine_, target, options.cluster),
          progress_(progress) {}

    index& reader() override { return *this; }
    index_writer& writer() override { return *this; }
    index_auditor& auditor() override { return *this; }

    awaitable<result<core::position>> find_position(core::chat_id chat) override {
        const auto at = co_await locator_.resolve();
        if (!at) co_return at.error();
        const auto indexed = co_await progress_.find_position(at->id, chat);
        if (!indexed) co_return indexed.error();
        co_return indexed->position;
    }

    awaitable<result<search::candidates>> candidates(core::chat_id chat, const core::folded_query& query,
                                                     core::message_number below) override {
        require(query.size() > 0, "an empty query has no candidates");
        const auto at = co_await locator_.resolve();
        if (!at) co_return at.error();
        const auto indexed = co_await progress_.find_position(at->id, chat);
        if (!indexed) co_return indexed.error();
        search::candidates found{indexed->position, {}, {}};
        // Texts above the position are left out: a store may have written only some of them.
        const auto from = std::min(below, core::message_number(indexed->position.messages).next());
        if (from.value() <= 1) co_return found;
        auto body = candidates_body(chat, query, from, candidates_max, options_.engine.response_timeout);
        auto numbers = co_await search(*at, chat, std::move(body), numbers_in);
        if (!numbers) co_return numbers.error();
        found.numbers = std::move(*numbers);
        if (found.numbers.size() == candidates_max && found.numbers.back().value() > 1)
            found.next = found.numbers.back();
        co_return found;
    }

    awaitable<result<std::vector<core::chat_position>>> chats(core::chat_id after) override {
        const auto at = co_await locator_.resolve();
        if (!at) co_return at.error();
        co_return co_await progress_.chats(at->id, after);
    }

    awaitable<result<void>> store(core::chat_id chat, std::span<const indexed_text> texts, core::position from,
                                  core::position to) override {
        const auto at = co_await locator_.resolve();
        if (!at) co_return at.error();
        const auto indexed = co_await progress_.find_position(at->id, chat);
        if (!indexed) co_return indexed.error();
        if (indexed->position != from) co_return error::version_mismatch;
        if (!texts.empty()) {
            if (indexed->position == core::position()) {
                const auto begun = co_await progress_.begin(at->id, chat);
                if (!begun) co_return begun.error();
            }
            const auto written = co_await write(*at, chat, texts);
            if (!written) co_return written.error();
            const auto refreshed = co_await refresh(*at);
            if (!refreshed) co_return refreshed.error();
        }
        const core::chat_position moved{chat, to};
        co_return co_await progress_.move(at->id, *indexed, moved);
    }

    awaitable<result<void>> clear() override {
        const auto name = new_index_name(options_.alias);
        const auto made = co_await make_index(*engine_, options_, name);
        if (!made) co_return made.error();
        const auto before = co_await move_alias(*engine_, options_.alias, name);
        locator_.forget();
        stored_to_.reset();
        if (!before) co_return before.error();
        co_return co_await remove_all(*before);
    }

    awaitable<bool> maintain() override {
        const auto at = co_await locator_.resolve();
        if (!at) co_return false;
        const bool is_another = stored_to_ && *stored_to_ != *at;
        stored_to_ = *at;
        co_return is_another;
    }

    awaitable<result<slice>> texts(core::chat_id chat, core::message_number after) override {
        const auto at = co_await locator_.resolve();
        if (!at) co_return at.error();
        const auto indexed = co_await progress_.find_position(at->id, chat);
        if (!indexed) co_return indexed.error();
        auto body = texts_body(chat, after, indexed->position.messages, audited_texts_max);
        auto found = co_await search(*at, chat, std::move(body), texts_in);
        if (!found) co_return found.error();
        co_return slice{indexed->position, std::move(*found)};
    }

    awaitable<result<std::vector<std::string>>> engine_findings() override {
        const auto known = co_await indexes_named_alike(*engine_, options_);
        if (!known) co_return known.error();
        const auto lease = co_await progress_.lease();
        if (!lease) co_return lease.error();
        std::vector<std::string> found;
        for (const auto& one : unsearched_of(*known, options_))
            if (auto line = orphan_finding(one, *lease)) found.push_back(std::move(*line));
        const auto at = co_await locator_.resolve();
        if (!at) {
            found.push_back(fmt::format(
                "the alias {} names no usable index of this cluster: `confab reindex` makes one", options_.alias));
            co_return found;
        }
        const auto health =
            co_await engine_->send(elastic::request(elastic::verb::get, fmt::format("/_cluster/health/{}", at->name)));
        if (!health) co_return health.error();
        boost::system::error_code none;
        const auto* status = health->body.find_pointer("/status", none);
        if (!status || *status == "red") found.push_back(fmt::format("{} has unassigned primary shards", at->name));
        co_return found;
    }

    const std::string& name() const override { return target_; }

    awaitable<result<void>> make() override { return make_index(*engine_, options_, target_); }

    awaitable<result<bool>> is_usable() override {
        const auto found = co_await describe_all(*engine_, target_);
        if (!found) co_return found.error();
        co_return found->size() == 1 && found->front().definition == definition_match::same &&
            found->front().ledger == options_.cluster && found->front().aliases.empty();
    }

    awaitable<result<void>> swap_alias() override {
        const auto at = co_await locator_.resolve();
        if (!at) co_return at.error();
        const auto moved = co_await move_alias(*engine_, options_.alias, at->name);
        if (!moved) co_return moved.error();
        replaced_.insert(moved->begin(), moved->end());
        // Until all processes have resolved the alias again, they search the old index.
        const auto loop = co_await asio::this_coro::executor;
        asio::steady_timer delay(loop, 2 * resolution_ttl);
        co_await delay.async_wait(asio::use_awaitable);
        co_return co_await remove_all(replaced_);
    }

    std::string last_failure() const override { return engine_->last_failure(); }

private:
    template <class Names>
    awaitable<result<void>> remove_all(const Names& names) {
        for (const auto& name : names) {
            const auto removed = co_await remove_unsearched(*engine_, options_, name, progress_);
            if (!removed) co_return removed.error();
        }
        co_return result<void>();
    }

    // Nothing: a reindex is running.
    static std::optional<std::string> orphan_finding(const index_description& one,
                                                     const std::optional<ledger::reindex_lease>& lease) {
        // It builds one index and has just replaced another, so neither is orphaned.
        if (lease && lease->is_owned) return std::nullopt;
        if (lease && lease->index == one.index.name && lease->is_kept && one.definition == definition_match::same)
            return fmt::format("{} is incomplete: the reindex of {} ended early, and `confab reindex` resumes it",
                               one.index.name, lease->since);
        return fmt::format("{} is orphaned: it belongs to this ledger, but no alias names it; a worker will remove it",
                           one.index.name);
    }

    // Sends a search and parses its response.
    template <class T>
    awaitable<result<T>> search(const resolved_index& at, core::chat_id chat, std::string body,
                                std::optional<T> (*parse)(const boost::json::value&)) {
        auto target = fmt::format("/{}/_search?routing={}&allow_partial_search_results=false", at.name, chat.value());
        const auto response =
            co_await engine_->send(elastic::request(elastic::verb::post, std::move(target), std::move(body)));
        if (!response) co_return response.error();
        if (!response->is_ok()) co_return refused(at, "searching", response->reason());
        auto found = parse(response->body);
        if (!found) co_return refused(at, "searching", "the response timed out or is incomplete");
        co_return std::move(*found);
    }

    awaitable<result<void>> write(const resolved_index& at, core::chat_id chat, std::span<const indexed_text> texts) {
        for (auto& body : bulk_bodies(chat, texts, bulk_bytes_max)) {
            auto target = fmt::format("/{}/_bulk?require_alias=true&filter_path=errors,items.*.status,items.*.error",
                                      write_alias_of(at.name));
            elastic::request r(elastic::verb::post, std::move(target), std::move(body));
            r.timeout = options_.store_timeout;
            const auto response = co_await engine_->send(std::move(r));
            if (!response) co_return response.error();
            if (!response->is_ok()) co_return refused(at, "storing", response->reason());
            const auto outcome = outcome_in(response->body);
            if (outcome.is_gone) co_return gone();
            if (!outcome.refused.empty()) co_return refused(at, "storing", outcome.refused);
        }
        co_return result<void>();
    }

    awaitable<result<void>> refresh(const resolved_index& at) {
        elastic::request r(elastic::verb::post, fmt::format("/{}/_refresh", at.name));
        r.timeout = options_.store_timeout;
        const auto response = co_await engine_->send(std::move(r));
        if (!response) co_return response.error();
        if (response->status == 404) co_return gone();
        boost::system::error_code none;
        const auto* failed = response->body.find_pointer("/_shards/failed", none);
        if (!response->is_ok() || !failed || *failed != 0) co_return refused(at, "refreshing", response->reason());
        co_return result<void>();
    }

    error gone() {
        locator_.forget();
        engine_->note_failure("the index does not exist");
        return error::unavailable;
    }

    error refused(const resolved_index& at, std::string_view doing, std::string_view why) {
        locator_.forget();
        engine_->note_failure(fmt::format("{} {} failed: {}", doing, at.name, why));
        log_.warning(fmt::format("{} {}", doing, at.name), engine_->last_failure());
        return error::unavailable;
    }

    const elastic_index_options options_;
    const std::unique_ptr<elastic::client> engine_;
    const std::string target_;  // an alias or an index
    index_locator locator_;
    ledger::index_progress& progress_;
    std::optional<resolved_index> stored_to_;
    std::set<std::string> replaced_;  // by this index, and perhaps not removed yet
    log_throttle log_;
};

}  // namespace

std::unique_ptr<elastic_index> open_elastic_index(const elastic_index_options& options,
                                                  ledger::index_progress& progress) {
    return std::make_unique<index_in_engine>(options, options.alias, progress);
}

std::string new_replacement_name(const elastic_index_options& options) {
    return new_index_name(options.alias);
}

std::unique_ptr<replacement_index> open_replacement_index(const elastic_index_options& options,
                                                          ledger::index_progress& progress, const std::string& name) {
    return std::make_unique<index_in_engine>(options, name, progress);
}

}  // namespace confab::search
