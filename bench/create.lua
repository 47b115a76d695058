-- Creates messages in the chats in turn. Arguments: path of the app's chats, number of chats, content (ASCII, no
-- quotes), requests per pipeline (wrk counts every reply), and the step between the chats' numbers.
require "tally"

local sends = {}
local turn = 0

function init(args)
  local path, chats, content, depth, apart = args[1], tonumber(args[2]), args[3], tonumber(args[4]), tonumber(args[5])
  wrk.headers["Content-Type"] = "application/json"
  local requests = {}
  for place = 1, chats do
    local chat = 1 + (place - 1) * apart
    requests[place] = wrk.format("POST", path .. "/" .. chat .. "/messages", nil, '{"content":"' .. content .. '"}')
  end
  for first = 1, chats do
    local pipeline = {}
    for at = 0, depth - 1 do
      pipeline[at + 1] = requests[(first - 1 + at) % chats + 1]
    end
    sends[first] = table.concat(pipeline)
  end
end

function request()
  turn = turn % #sends + 1
  return sends[turn]
end
