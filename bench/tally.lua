-- Prints wrk's counts as one line of JSON for wrk.py. There is no response() callback, because it would cost the client
-- time for every reply. wrk itself counts statuses above 399 and broken connections, and wrk.py fails on any.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'TALLY {"requests":%d,"bytes":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,' ..
    '"errors":{"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}}\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
