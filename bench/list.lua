-- Reads the last messages of random chats. Arguments: path of the app's chats, number of chats, number of messages.
require "tally"
require "threads"

local requests = {}

function init(args)
  math.randomseed(thread_number)
  for chat = 1, tonumber(args[2]) do
    requests[chat] = wrk.format("GET", args[1] .. "/" .. chat .. "/messages?order=desc&limit=" .. args[3])
  end
end

function request()
  return requests[math.random(#requests)]
end
