#include "base/clock.hpp"

#include <chrono>

namespace confab {
namespace {

constexpr std::int64_t us_per_second = 1'000'000;

}  // namespace

timestamp now() {
    using namespace std::chrono;
    return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

void append_rfc3339(std::string& out, timestamp at) {
    using namespace std::chrono;
    const auto day = floor<days>(sys_time<microseconds>(microseconds(at.us)));
    // Most times that a thread formats are of the same day, so the date of the last one stays in the buffer.
    thread_local auto written_day = sys_days::min();
    thread_local char text[] = "0000-00-00T00:00:00.000Z";
    const auto put = [](int at_index, int digits, std::int64_t value) {
        for (int i = at_index + digits; i-- > at_index; value /= 10) text[i] = static_cast<char>('0' + value % 10);
    };
    if (day != written_day) {
        const year_month_day date(day);
        put(0, 4, static_cast<int>(date.year()));
        put(5, 2, static_cast<unsigned>(date.month()));
        put(8, 2, static_cast<unsigned>(date.day()));
        written_day = day;
    }
    const auto us_of_day = at.us - duration_cast<microseconds>(day.time_since_epoch()).count();
    const auto s_of_day = us_of_day / us_per_second;
    put(20, 3, us_of_day / 1000 % 1000);
    put(17, 2, s_of_day % 60);
    put(14, 2, s_of_day / 60 % 60);
    put(11, 2, s_of_day / 3600);
    out.append(text, sizeof text - 1);
}

}  // namespace confab
