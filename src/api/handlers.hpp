// The handlers of the route table; one source file per resource.
#pragma once

#include "api/routes.hpp"

namespace confab::api {

awaitable<http::response> list_apps(call c);
awaitable<http::response> create_app(call c);
awaitable<http::response> show_app(call c);
awaitable<http::response> rename_app(call c);

awaitable<http::response> list_chats(call c);
awaitable<http::response> create_chat(call c);
awaitable<http::response> show_chat(call c);

awaitable<http::response> list_messages(call c);
awaitable<http::response> create_message(call c);
awaitable<http::response> show_message(call c);
awaitable<http::response> edit_message(call c);
awaitable<http::response> delete_message(call c);
awaitable<http::response> list_versions(call c);

awaitable<http::response> search_messages(call c);

awaitable<http::response> follow_app(call c);
awaitable<http::response> follow_chat(call c);

}  // namespace confab::api
