-- Appends the events of one call to one partition. Runs alone in the server, so whatever it checks still holds when it writes.
-- KEYS  1 the hash of the partition   2 its stream
-- ARGV  1 incarnation   2 number of events   3 the tail its caller knows   4 the timeline its caller knows
--       5 '1': compare stream, ids and tail   6 '1': an id occurs twice in the call   7 what the keys of its ids begin with
--       then runs of events, then as many ids
-- run   number of events, of fixed fields, of other fields; fixed fields with their values; names of the other fields;
--       for each event the values of these
-- The answer is the tail before; if an event is a repeat, for each event its position, negative for a repeat.
local call, log, events, ids = redis.call, KEYS[1], KEYS[2], ARGV[7]
local head = call('HMGET', log, 'incarnation', 'tail', 'repeats', 'timeline')
if not head[1] or not head[2] then return redis.error_reply('ELITELOST the hash is gone') end
if head[1] ~= ARGV[1] then return redis.error_reply('ELITEOTHER ' .. head[1]) end
if (head[4] or '0') ~= ARGV[4] then
  return redis.error_reply('ELITETIMELINE ' .. head[2] .. ' ' .. (head[4] or '0'))
end
local tail, window = tonumber(head[2]), tonumber(head[3])
if tail < tonumber(ARGV[3]) then return redis.error_reply('ELITEBEHIND ' .. head[2]) end
if call('EXISTS', events) == 0 then return redis.error_reply('ELITELOST the stream is gone') end
if ARGV[5] == '1' then
  -- Without the ids of the last positions, repeats would be taken for new events.
  if tail > 0 and call('EXISTS', string.format('%s:%d', ids, math.floor(tail / window))) == 0 then
    return redis.error_reply('ELITELOST the ids are gone')
  end
  local ends = false
  local last = call('XREVRANGE', events, '+', '-', 'COUNT', '1')[1]
  if last then ends = last[1] end
  if ends ~= head[2] .. '-0' then
    -- Its last entries may have been trimmed or deleted; the stream still knows which it gave last.
    local info = call('XINFO', 'STREAM', events)
    for i = 1, #info, 2 do if info[i] == 'last-generated-id' then ends = info[i + 1] end end
  end
  if ends ~= head[2] .. '-0' then return redis.error_reply('ELITETORN ' .. ends .. ' ' .. head[2]) end
end

local n = tonumber(ARGV[2])
local before_ids = #ARGV - n
-- The window before the tail reaches into two generations of ids at most. Where both have an id, the later counts.
local generation = math.floor(tail / window)
local seen = {}
for back = 0, math.min(generation, 1) do
  local key = string.format('%s:%d', ids, generation - back)
  for from = 1, n, PORTION do
    local to = math.min(from + PORTION - 1, n)
    local found = call('HMGET', key, unpack(ARGV, before_ids + from, before_ids + to))
    if back == 0 and to == n and from == 1 then
      seen = found
    else
      for i = from, to do if not seen[i] then seen[i] = found[i - from + 1] end end
    end
  end
end

-- A script is not undone when it fails. While a cluster moves the slot, a key that is not there fails, so whichever key may be
-- written is looked at before the first event is.
for next = generation + 1, math.floor((tail + n) / window) do call('EXISTS', string.format('%s:%d', ids, next)) end

-- Making a number a string is slow, so entry ids are put together from the hundreds and the rest.
local rest = { REST }
local hundreds, hundreds_text = -1, ''
local here = ARGV[6] == '1' and {} or nil
local new, c, turn = {}, 1, (generation + 1) * window
local function remember()
  if c > 1 then call('HSET', string.format('%s:%d', ids, generation), unpack(new, 1, c - 1)) end
  c = 1
end

local answer, at, p, k = nil, tail, 8, 0
while k < n do
  local rows, fixed, others = tonumber(ARGV[p]), tonumber(ARGV[p + 1]), tonumber(ARGV[p + 2])
  p = p + 3
  local row, r = { 'XADD', events, '' }, 4
  for _ = 1, 2 * fixed do row[r] = ARGV[p] r = r + 1 p = p + 1 end
  local before_values = r - 1
  for _ = 1, others do row[r] = ARGV[p] row[r + 1] = '' r = r + 2 p = p + 1 end
  for _ = 1, rows do
    k = k + 1
    local first = here and here[ARGV[before_ids + k]]
    if not first and seen[k] then first = tonumber(string.match(seen[k], '^%d+')) end
    if first and first <= at and at + 1 - first <= window then
      if not answer then
        answer = {}
        for i = 1, k - 1 do answer[i] = tail + i end
      end
      answer[k] = -first
    else
      at = at + 1
      if answer then answer[k] = at end
      local low = at % 100
      if at - low ~= hundreds then
        hundreds = at - low
        hundreds_text = string.format('%d', hundreds / 100)
      end
      local id = hundreds == 0 and low .. '-0' or hundreds_text .. rest[low + 1]
      row[3] = id
      local v = before_values
      for i = p, p + others - 1 do v = v + 2 row[v] = ARGV[i] end
      call(unpack(row))
      if at == turn then
        remember()
        generation = generation + 1
        turn = turn + window
        if generation > 1 then redis.pcall('UNLINK', string.format('%s:%d', ids, generation - 2)) end
      end
      if c > 2 * PORTION then remember() end
      new[c] = ARGV[before_ids + k]
      new[c + 1] = id
      c = c + 2
      if here then here[ARGV[before_ids + k]] = at end
    end
    p = p + others
  end
end
remember()
if at > tail then
  call('HSET', log, 'tail', string.format('%d', at))
else
  -- Whoever waits for replicas waits for the last write of its connection: a repeat waits as long as a new event.
  call('HINCRBY', log, 'repeated', 1)
end
return answer or tail
