#include "queue/redis/streams.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/error.hpp"
#include "base/hex.hpp"
#include "base/random.hpp"

namespace confab::queue {
namespace {

bool read_number(std::string_view text, std::uint64_t& to) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), to);
    return failed == std::errc() && end == text.data() + text.size();
}

std::vector<stream_keys> keys_with_prefix(const std::string& begin, std::uint64_t partitions) {
    std::vector<stream_keys> all;
    for (std::uint64_t p = 0; p < partitions; ++p) {
        const auto prefix = fmt::format("{}{{p{}}}:", begin, p);
        all.push_back({prefix + "stream", prefix + "epoch", prefix + "bytes", prefix + "committed"});
    }
    return all;
}

}  // namespace

std::vector<stream_keys> keys_of_all(std::string_view cluster, std::uint64_t partitions) {
    return keys_with_prefix(fmt::format("confab:{}:", cluster), partitions);
}

std::vector<stream_keys> old_keys_of_all(std::uint64_t partitions) {
    return keys_with_prefix("confab:", partitions);
}

std::string answer_channel(std::string_view cluster) {
    std::array<std::byte, 12> drawn;
    fill_random(drawn);
    return fmt::format("confab:{}:answers:{}", cluster, to_hex(drawn));
}

std::string text_of(const core::epoch_id& epoch) {
    return {reinterpret_cast<const char*>(epoch.data()), epoch.size()};
}

std::optional<core::epoch_id> parse_epoch(std::string_view text) {
    core::epoch_id epoch{};
    if (text.size() != epoch.size()) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) epoch[i] = static_cast<std::byte>(text[i]);
    return epoch;
}

std::string text_of(const core::entry_id& id) {
    return fmt::format("{}-{}", id.ms, id.seq);
}

std::optional<core::entry_id> parse_entry_id(std::string_view text) {
    core::entry_id id;
    const auto dash = text.find('-');
    if (dash == std::string_view::npos || !read_number(text.substr(0, dash), id.ms) ||
        !read_number(text.substr(dash + 1), id.seq))
        return std::nullopt;
    return id;
}

std::string sha1_of(std::string_view script) {
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_Digest(script.data(), script.size(), sum, &length, EVP_sha1(), nullptr) != 1)
        throw startup_error("OpenSSL refuses SHA-1, by which Redis names its scripts");
    return to_hex(std::as_bytes(std::span(sum, length)));
}

}  // namespace confab::queue
