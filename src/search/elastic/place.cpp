#include "search/elastic/place.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/log_throttle.hpp"

namespace confab::search {
namespace {

namespace json = boost::json;

std::optional<ledger::index_id> id_in(const json::value& described) {
    boost::system::error_code none;
    const auto* uuid = described.find_pointer("/settings/index/uuid", none);
    const auto* text = uuid ? uuid->if_string() : nullptr;
    if (!text) return std::nullopt;
    const auto digest = digest_of({std::string_view(*text)});
    ledger::index_id id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

// Logs it, each reason at most once a minute.
error not_searched(const std::string& target, std::string_view why) {
    static log_throttle log;
    log.warning(why, fmt::format("the search index {} {}: searches scan", target, why));
    return error::unavailable;
}

}  // namespace

awaitable<result<described>> describe(elastic::client& engine, const std::string& target) {
    const auto told = co_await engine.send(elastic::request(elastic::verb::get, fmt::format("/{}", target)));
    if (!told) co_return told.error();
    if (told->status == 404) co_return not_searched(target, "is not there (`confab migrate` makes one)");
    const auto* all = told->body.if_object();
    if (!told->is_ok() || !all) co_return not_searched(target, "is not told: " + told->reason());
    if (all->size() != 1) co_return not_searched(target, "stands for several indexes");
    const auto& found = all->begin()->value();
    const auto id = id_in(found);
    if (!id) co_return not_searched(target, "is not told: it has no uuid");
    co_return described{{std::string(all->begin()->key()), *id}, shape_of(found)};
}

awaitable<result<located>> locate(elastic::client& engine, const std::string& target) {
    auto found = co_await describe(engine, target);
    if (!found) co_return found.error();
    switch (found->shape) {
        case shape::ours:
            co_return std::move(found->index);
        case shape::of_another_folding:
            co_return not_searched(target, "was folded by another version (`confab reindex` makes a new one)");
        case shape::unknown:
            break;
    }
    co_return not_searched(target, "is not as this program makes it (`confab reindex` makes a new one)");
}

awaitable<result<located>> place::now() {
    {
        const std::lock_guard lock(mutex_);
        if (known_ && std::chrono::steady_clock::now() < known_until_) co_return *known_;
    }
    const auto found = co_await locate(engine_, target_);
    const std::lock_guard lock(mutex_);
    if (found) {
        known_ = *found;
        known_until_ = std::chrono::steady_clock::now() + known_for;
    } else {
        known_.reset();
    }
    co_return found;
}

void place::forget() {
    const std::lock_guard lock(mutex_);
    known_.reset();
}

}  // namespace confab::search
