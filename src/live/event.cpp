#include "live/event.hpp"

namespace confab::live {

event_text::event_text(std::string_view type, std::string_view data) : data_size_(data.size()) {
    constexpr std::string_view event_field = "event: ", data_field = "\ndata: ", end = "\n\n";
    lines_.reserve(event_field.size() + type.size() + data_field.size() + data.size() + end.size());
    lines_.append(event_field).append(type).append(data_field);
    data_at_ = lines_.size();
    lines_.append(data).append(end);
}

}  // namespace confab::live
