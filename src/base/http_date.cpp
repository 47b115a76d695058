#include "base/http_date.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>
#include <span>

#include "base/digits.hpp"

namespace confab {
namespace {

constexpr std::int64_t us_per_second = 1'000'000;

constexpr std::string_view days_short[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::string_view days_long[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct date {
    int year = 0;
    unsigned month = 0, day = 0;
    int hour = 0, minute = 0, second = 0;
};

// Consumes a text piece by piece. After the first mismatch nothing matches.
class scanner {
public:
    explicit scanner(std::string_view text) : left_(text) {}

    bool is_at_end() const { return fits_ && left_.empty(); }

    bool skip(std::string_view literal) {
        fits_ = fits_ && left_.starts_with(literal);
        if (fits_) left_.remove_prefix(literal.size());
        return fits_;
    }

    // Consumes one of the names and returns its index.
    unsigned name(std::span<const std::string_view> names) {
        const auto found = std::ranges::find_if(names, [this](auto each) { return left_.starts_with(each); });
        fits_ = fits_ && found != names.end();
        if (!fits_) return 0;
        left_.remove_prefix(found->size());
        return static_cast<unsigned>(std::distance(names.begin(), found));
    }

    int digits(std::size_t count) {
        const auto text = left_.substr(0, count);
        fits_ = fits_ && text.size() == count && is_digits(text);
        if (!fits_) return 0;
        left_.remove_prefix(count);
        int value = 0;
        for (const char c : text) value = value * 10 + (c - '0');
        return value;
    }

    // Consumes two digits. If `padded`, the first may be a space.
    unsigned day(bool padded = false) {
        const bool is_short = padded && left_.starts_with(' ');
        if (is_short) skip(" ");
        return static_cast<unsigned>(digits(is_short ? 1 : 2));
    }

    unsigned month() { return name(months) + 1; }

    void time(date& d) {
        d.hour = digits(2);
        skip(":");
        d.minute = digits(2);
        skip(":");
        d.second = digits(2);
    }

private:
    std::string_view left_;
    bool fits_ = true;
};

// Sun, 06 Nov 1994 08:49:37 GMT
void read_fixdate(scanner& from, date& d) {
    from.name(days_short);
    from.skip(", ");
    d.day = from.day();
    from.skip(" ");
    d.month = from.month();
    from.skip(" ");
    d.year = from.digits(4);
    from.skip(" ");
    from.time(d);
    from.skip(" GMT");
}

// Sunday, 06-Nov-94 08:49:37 GMT
void read_rfc850(scanner& from, date& d, int this_year) {
    from.name(days_long);
    from.skip(", ");
    d.day = from.day();
    from.skip("-");
    d.month = from.month();
    from.skip("-");
    d.year = this_year / 100 * 100 + from.digits(2);
    if (d.year > this_year + 50) d.year -= 100;
    from.skip(" ");
    from.time(d);
    from.skip(" GMT");
}

// Sun Nov  6 08:49:37 1994
void read_asctime(scanner& from, date& d) {
    from.name(days_short);
    from.skip(" ");
    d.month = from.month();
    from.skip(" ");
    d.day = from.day(true);
    from.skip(" ");
    from.time(d);
    from.skip(" ");
    d.year = from.digits(4);
}

std::optional<timestamp> moment_of(const date& d) {
    using namespace std::chrono;
    const year_month_day day{year(d.year), month(d.month), std::chrono::day(d.day)};
    // A leap second is the 60th.
    if (!day.ok() || d.hour > 23 || d.minute > 59 || d.second > 60) return std::nullopt;
    const auto seconds_at = sys_days(day).time_since_epoch() + hours(d.hour) + minutes(d.minute) + seconds(d.second);
    return timestamp{duration_cast<seconds>(seconds_at).count() * us_per_second};
}

int year_of(timestamp at) {
    using namespace std::chrono;
    return static_cast<int>(year_month_day(floor<days>(sys_time<microseconds>(microseconds(at.us)))).year());
}

}  // namespace

std::string http_date(timestamp at) {
    const std::time_t seconds = at.us / us_per_second;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    const auto length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text, length};
}

std::optional<timestamp> parse_http_date(std::string_view text, timestamp today) {
    date d;
    if (scanner from(text); read_fixdate(from, d), from.is_at_end()) return moment_of(d);
    if (scanner from(text); read_rfc850(from, d, year_of(today)), from.is_at_end()) return moment_of(d);
    if (scanner from(text); read_asctime(from, d), from.is_at_end()) return moment_of(d);
    return std::nullopt;
}

}  // namespace confab
