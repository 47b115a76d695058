-- Reads random messages. Arguments: path of the app's chats, how many chats, how many messages in each.
require "tally"
require "threads"

local chats, messages, heads, tail

-- What stands before and after a message's number is made once: a request has to cost the client little.
function init(args)
  math.randomseed(thread_number)
  chats, messages, heads = tonumber(args[2]), tonumber(args[3]), {}
  for chat = 1, chats do
    local path = args[1] .. "/" .. chat .. "/messages/"
    local text = wrk.format("GET", path)
    local stop = #"GET " + #path
    heads[chat], tail = text:sub(1, stop), text:sub(stop + 1)
  end
end

function request()
  return heads[math.random(chats)] .. math.random(messages) .. tail
end
