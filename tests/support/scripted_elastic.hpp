// A client of Elasticsearch without a server: records the requests and returns responses that the test has prepared.
#pragma once

#include <boost/json/parse.hpp>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "drivers/elastic/client.hpp"

namespace confab::testing {

class scripted_elastic : public elastic::client {
public:
    std::deque<result<elastic::response>> responses;  // of the next requests; afterwards they fail
    std::vector<std::string> targets;                 // of the requests, in order

    void respond(unsigned status, std::string_view body) {
        responses.emplace_back(elastic::response{status, boost::json::parse(body)});
    }

    awaitable<result<elastic::response>> send(elastic::request r) override {
        targets.push_back(std::move(r.target));
        if (responses.empty()) co_return error::unavailable;
        auto next = std::move(responses.front());
        responses.pop_front();
        co_return next;
    }
    std::string last_failure() const override { return failure_; }
    void note_failure(std::string_view why) override { failure_ = why; }

private:
    std::string failure_;
};

}  // namespace confab::testing
