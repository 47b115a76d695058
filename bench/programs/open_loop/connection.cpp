#include "open_loop/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace confab::bench {
namespace {

constexpr std::string_view length_name = "content-length:";
constexpr std::size_t read_bytes = 16 * 1024;

std::system_error last_error(const char* doing) {
    return std::system_error(errno, std::generic_category(), doing);
}

unsigned number_in(std::string_view text) {
    unsigned value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (wrong != std::errc()) throw std::runtime_error("an answer is not HTTP");
    return value;
}

std::size_t body_size(std::string_view head) {
    for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
        at += 2;
        if (head.size() - at < length_name.size()) break;
        if (strncasecmp(head.data() + at, length_name.data(), length_name.size()) != 0) continue;
        head.remove_prefix(at + length_name.size());
        return number_in(head.substr(head.find_first_not_of(' ')));
    }
    throw std::runtime_error("an answer has no Content-Length");
}

}  // namespace

connection::connection(std::uint16_t port) : file_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (file_ < 0) throw last_error("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int enabled = 1;
    setsockopt(file_, IPPROTO_TCP, TCP_NODELAY, &enabled, sizeof enabled);
    if (connect(file_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
    const auto cause = last_error("connect");
    close(file_);
    throw cause;
}

connection::~connection() {
    close(file_);
}

void connection::send(std::string_view request, due when) {
    in_flight_ = when;
    received_.clear();
    // A request is far smaller than the empty socket buffer, so send() takes all of it.
    if (::send(file_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        throw last_error("send");
}

std::optional<unsigned> connection::receive() {
    const auto before = received_.size();
    received_.resize(before + read_bytes);
    const auto length = recv(file_, received_.data() + before, read_bytes, MSG_DONTWAIT);
    received_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    if (length < 0 && errno == EAGAIN) return std::nullopt;
    if (length < 0) throw last_error("recv");
    if (length == 0) throw std::runtime_error("the server closed a connection");
    const auto end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    const auto head = std::string_view(received_).substr(0, end + 2);
    if (received_.size() < end + 4 + body_size(head)) return std::nullopt;
    return number_in(head.substr(sizeof "HTTP/1.1", 3));
}

}  // namespace confab::bench
