-- Numbers wrk's threads, so that each has its own random numbers: math.randomseed(thread_number) in init().
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("thread_number", threads)
end
