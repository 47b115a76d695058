-- Reads random messages. Arguments: path of the app's chats, number of chats, messages per chat.
require "tally"
require "threads"

local chats, messages, heads, tail

-- Builds the text before and after a message's number once, so that a request costs the client little.
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
