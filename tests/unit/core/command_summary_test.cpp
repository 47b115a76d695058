#include "core/command_summary.hpp"

#include <gtest/gtest.h>

#include "support/commands.hpp"

namespace confab::core {
namespace {

using testing::edit, testing::new_app, testing::new_message, testing::valid;

TEST(command_summary, names_what_each_kind_of_command_is_about) {
    const auto token = app_token::make();
    const std::string app(token.text());
    const auto text = [](auto payload) { return to_text(summary_of(testing::command(std::move(payload)))); };
    EXPECT_EQ(text(new_app(token, "name")), "create_app, app " + app);
    EXPECT_EQ(text(rename_app{token, valid<app_name>("name")}), "rename_app, app " + app);
    EXPECT_EQ(text(create_chat{token}), "create_chat, app " + app);
    EXPECT_EQ(text(new_message(token, 3, "secret")), "create_message, app " + app + ", chat 3");
    EXPECT_EQ(text(edit(token, 3, 7, "secret")), "edit_message, app " + app + ", chat 3, message 7");
    EXPECT_EQ(text(delete_message{token, chat_number(3), message_number(7)}),
              "delete_message, app " + app + ", chat 3, message 7");
    EXPECT_EQ(text(unreadable{"secret"}), "unreadable");
}

}  // namespace
}  // namespace confab::core
