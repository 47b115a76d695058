-- Creates messages in chats 1..CHATS in turn. Arguments: path of the app's chats, CHATS, content (ASCII, no quotes).
require "tally"

local requests = {}
local turn = 0

function init(args)
  local path, chats, content = args[1], tonumber(args[2]), args[3]
  wrk.headers["Content-Type"] = "application/json"
  for chat = 1, chats do
    requests[chat] = wrk.format("POST", path .. "/" .. chat .. "/messages", nil, '{"content":"' .. content .. '"}')
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end
