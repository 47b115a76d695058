#include "search/elastic/manage.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/block_on.hpp"
#include "base/log.hpp"
#include "base/log_throttle.hpp"
#include "search/elastic/index_definition.hpp"
#include "search/elastic/index_locator.hpp"

namespace confab::search {
namespace {

namespace json = boost::json;

using names = std::vector<std::string>;

constexpr auto old_alias = "confab-messages";  // of version 0.1.0, the same in every cluster
constexpr auto manage_timeout = std::chrono::seconds(60);
constexpr std::string_view every_name_begins_with = "confab-";  // also the names of indexes of earlier versions

error refused(elastic::client& engine, std::string_view doing, const elastic::response& answer) {
    static log_throttle log;
    engine.note_failure(fmt::format("{}: {}", doing, answer.reason()));
    log.warning(fmt::format("{}: {}", doing, answer.error_type()), engine.last_failure());
    return error::unavailable;
}

// The indexes that an alias, a name or a pattern matches, in order. Empty: none exists.
awaitable<result<names>> indexes_of(elastic::client& engine, const std::string& target) {
    const auto response = co_await engine.send(elastic::request(elastic::verb::get, fmt::format("/{}/_alias", target)));
    if (!response) co_return response.error();
    if (response->status == 404) co_return names();
    const auto* all = response->body.if_object();
    if (!response->is_ok() || !all) co_return refused(engine, "looking for indexes", *response);
    names found;
    for (const auto& one : *all) found.emplace_back(one.key());
    std::ranges::sort(found);
    co_return found;
}

awaitable<result<void>> change_aliases(elastic::client& engine, json::array actions) {
    const json::object body = {{"actions", std::move(actions)}};
    elastic::request r(elastic::verb::post, "/_aliases", json::serialize(body));
    r.timeout = manage_timeout;
    r.is_idempotent = false;
    const auto response = co_await engine.send(std::move(r));
    if (!response) co_return response.error();
    if (!response->is_ok()) co_return refused(engine, "moving the alias of the search index", *response);
    co_return result<void>();
}

awaitable<result<void>> remove_index(elastic::client& engine, const std::string& name) {
    elastic::request r(elastic::verb::erase, fmt::format("/{}", name));
    r.timeout = manage_timeout;
    const auto response = co_await engine.send(std::move(r));
    if (!response) co_return response.error();
    if (!response->is_ok() && response->status != 404) co_return refused(engine, "removing an index", *response);
    co_return result<void>();
}

// Whether a version such as "7.13.3" is 7.13 or later. Nothing: it is no version.
std::optional<bool> is_new_enough(std::string_view version) {
    int major = 0, minor = 0;
    const auto* const end = version.data() + version.size();
    const auto [dot, no_major] = std::from_chars(version.data(), end, major);
    if (no_major != std::errc() || dot == end) return std::nullopt;
    if (std::from_chars(dot + 1, end, minor).ec != std::errc()) return std::nullopt;
    return std::pair(major, minor) >= std::pair(7, 13);
}

awaitable<void> require_version(elastic::client& engine) {
    const auto response = co_await engine.send(elastic::request(elastic::verb::get, "/"));
    if (!response) throw startup_error(engine.last_failure());
    if (!response->is_ok())
        throw startup_error(fmt::format("it refuses requests ({}): {}", response->status, response->reason()));
    boost::system::error_code none;
    const auto* number = response->body.find_pointer("/version/number", none);
    const auto* text = number ? number->if_string() : nullptr;
    const auto enough = text ? is_new_enough(*text) : std::nullopt;
    if (!enough) throw startup_error("it is not an Elasticsearch server");
    if (!*enough)
        throw startup_error(fmt::format("version {} is too old: 7.13 or later is required", std::string_view(*text)));
}

// Creates the first index together with its alias: a worker would remove an index without one as orphaned. If two
// programs do this concurrently, both indexes have the alias for a moment. Both programs see that and keep only the one
// with the lower name.
awaitable<result<void>> make_first(elastic::client& engine, const elastic_index_options& options) {
    const auto first = new_index_name(options.alias);
    const std::vector<std::string> aliases(1, options.alias);
    const auto made = co_await make_index(engine, options, first, aliases);
    if (!made) co_return made.error();
    const auto all = co_await indexes_of(engine, options.alias);
    if (!all) co_return all.error();
    for (const auto& name : *all) {
        if (name == all->front()) continue;
        const auto removed = co_await remove_index(engine, name);
        if (!removed) co_return removed.error();
    }
    co_return result<void>();
}

awaitable<void> migrate(elastic::client& engine, const elastic_index_options& options) {
    co_await require_version(engine);
    const auto known = co_await indexes_of(engine, options.alias);
    if (!known) throw startup_error(engine.last_failure());
    if (known->size() == 1 && known->front() == options.alias)
        throw startup_error(fmt::format("it has an index named {}, but that name must be an alias", options.alias));
    if (known->empty()) {
        const auto made = co_await make_first(engine, options);
        if (!made) throw startup_error(fmt::format("no index can be created ({})", engine.last_failure()));
    }
    const auto found = co_await describe(engine, options.alias);
    const bool has_failed = !found && !engine.last_failure().empty();
    if (has_failed) throw startup_error(engine.last_failure());
    // While nodes of two versions run, those with another folding scan. That must not prevent a start.
    if (found && found->definition == definition_match::other_folding)
        log::warning(fmt::format(
            "the search index {} has another folding version: searches scan until `confab reindex` makes a new one",
            options.alias));
    if (found && found->ledger != options.cluster)
        throw startup_error(fmt::format(
            "its index {} is not an index of this cluster: `confab reindex` makes a new one", options.alias));
    if (!found || found->definition == definition_match::different)
        throw startup_error(
            fmt::format("its index {} has other settings or mappings than expected: `confab reindex` makes a new one",
                        options.alias));
}

// Records in the index to which ledger its texts belong.
awaitable<result<void>> name_ledger(elastic::client& engine, const index_description& index, std::string_view cluster) {
    auto mappings = index.mappings.as_object();
    auto meta = mappings.contains("_meta") ? mappings["_meta"].as_object() : json::object();
    meta["ledger"] = cluster;
    mappings["_meta"] = std::move(meta);
    elastic::request r(elastic::verb::put, fmt::format("/{}/_mapping", index.index.name), json::serialize(mappings));
    r.timeout = manage_timeout;
    const auto response = co_await engine.send(std::move(r));
    if (!response) co_return response.error();
    if (!response->is_ok()) co_return refused(engine, "naming the ledger of the search index", *response);
    co_return result<void>();
}

// An index that names no ledger belongs to this one if this database has positions for it.
awaitable<bool> is_of_this_ledger(const index_description& index, const elastic_index_options& options,
                                  ledger::index_progress& progress) {
    if (!index.ledger.empty()) co_return index.ledger == options.cluster;
    const auto followed = co_await progress.chats(index.index.id, {});
    if (!followed) throw startup_error("the positions of its index cannot be read from MySQL");
    co_return !followed->empty();
}

awaitable<claim_result> claim_index(elastic::client& engine, const elastic_index_options& options,
                                    ledger::index_progress& progress) {
    co_await require_version(engine);
    const auto present = co_await indexes_of(engine, options.alias);
    const auto old = co_await indexes_of(engine, old_alias);
    if (!present || !old) throw startup_error("its indexes cannot be listed");
    if (!present->empty() || old->empty()) co_return claim_result::not_needed;
    if (old->size() > 1 || old->front() == old_alias) co_return claim_result::not_ours;
    const auto index = co_await describe(engine, old->front());
    if (!index) throw startup_error("its index of version 0.1.0 cannot be read");
    const bool is_ours = co_await is_of_this_ledger(*index, options, progress);
    if (!is_ours || index->definition == definition_match::different) co_return claim_result::not_ours;
    auto taken_over = co_await name_ledger(engine, *index, options.cluster);
    json::array actions = {{{"add", {{"index", old->front()}, {"alias", options.alias}}}},
                           {{"remove", {{"index", old->front()}, {"alias", old_alias}}}}};
    if (taken_over) taken_over = co_await change_aliases(engine, std::move(actions));
    if (!taken_over) throw startup_error("its index of version 0.1.0 cannot be renamed: run `confab migrate` again");
    co_return claim_result::done;
}

// Runs `work` with a client, on the caller's thread. Throws startup_error that names the engine.
template <class Work>
auto with_engine(const elastic_index_options& options, const Work& work) {
    const auto engine = elastic::make_client(options.engine);
    try {
        return block_on(work(*engine));
    } catch (const startup_error& cause) {
        const auto name = fmt::format("Elasticsearch at {}", options.engine.where.redacted());
        const std::string_view why = cause.what();
        throw startup_error(why.starts_with(name) ? std::string(why) : fmt::format("{}: {}", name, why));
    }
}

}  // namespace

awaitable<result<void>> make_index(elastic::client& engine, const elastic_index_options& options,
                                   const std::string& name, std::vector<std::string> aliases) {
    aliases.push_back(write_alias_of(name));
    const auto body = definition_body(options.shards, aliases, options.cluster);
    elastic::request r(elastic::verb::put, fmt::format("/{}", name), json::serialize(body));
    r.timeout = manage_timeout;
    const auto reply = co_await engine.send(std::move(r));
    if (!reply) co_return reply.error();
    const bool is_there = reply->is_ok() || reply->error_type() == "resource_already_exists_exception";
    if (!is_there) co_return refused(engine, "creating an index", *reply);
    co_return result<void>();
}

awaitable<result<names>> move_alias(elastic::client& engine, const std::string& alias, const std::string& to) {
    auto before = co_await indexes_of(engine, alias);
    if (!before) co_return before.error();
    std::erase(*before, to);
    json::array actions = {{{"add", {{"index", to}, {"alias", alias}}}}};
    for (const auto& name : *before) actions.push_back(json::object{{"remove", {{"index", name}, {"alias", alias}}}});
    const auto changed = co_await change_aliases(engine, std::move(actions));
    if (!changed) co_return changed.error();
    co_return before;
}

awaitable<result<bool>> remove_unsearched(elastic::client& engine, const elastic_index_options& options,
                                          const std::string& name, ledger::index_progress& progress) {
    const auto now = co_await describe_all(engine, name);
    if (!now) co_return now.error();
    if (now->empty()) co_return true;
    const auto& found = now->front();
    const bool may_be_ours = found.ledger.empty() || found.ledger == options.cluster;
    if (now->size() != 1 || found.index.name != name || !found.aliases.empty() || !may_be_ours) co_return false;
    const auto removed = co_await remove_index(engine, name);
    if (!removed) co_return removed.error();
    // The positions of a removed index would only use space.
    const auto forgotten = co_await progress.forget(now->front().index.id);
    if (!forgotten) co_return forgotten.error();
    co_return true;
}

awaitable<result<std::vector<index_description>>> indexes_named_alike(elastic::client& engine,
                                                                      const elastic_index_options& options) {
    const auto targets = fmt::format("{}-*,{}*", options.alias, every_name_begins_with);
    co_return co_await describe_all(engine, targets);
}

std::vector<index_description> unsearched_of(const std::vector<index_description>& all,
                                             const elastic_index_options& options) {
    std::vector<index_description> found;
    if (options.cluster.empty()) return found;
    for (const auto& one : all)
        if (one.ledger == options.cluster && one.aliases.empty()) found.push_back(one);
    return found;
}

awaitable<result<std::vector<index_description>>> without_leased(std::vector<index_description> unsearched,
                                                                 ledger::index_progress& progress) {
    if (unsearched.empty()) co_return unsearched;
    const auto lease = co_await progress.lease();
    if (!lease) co_return lease.error();
    if (!*lease) co_return unsearched;
    // Only the reindex of an index with another folding applies deletions to it. So the index is kept only while that
    // runs.
    const auto is_leased = [&](const index_description& one) {
        const bool is_kept = one.definition == definition_match::same ? (*lease)->is_kept : (*lease)->is_owned;
        return one.index.name == (*lease)->index && is_kept;
    };
    std::erase_if(unsearched, is_leased);
    co_return unsearched;
}

void migrate_elastic(const elastic_index_options& options) {
    with_engine(options, [&](elastic::client& engine) { return migrate(engine, options); });
}

claim_result claim_old_index(const elastic_index_options& options, ledger::index_progress& progress) {
    return with_engine(options, [&](elastic::client& engine) { return claim_index(engine, options, progress); });
}

}  // namespace confab::search
