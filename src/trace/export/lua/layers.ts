/** What every layer of the dissector is made of, and the outermost ones: multistream, and what streams carry. */

/**
 * A channel is a byte stream with two sides: a connection, or one stream of a muxer. `take` feeds bytes of one side;
 * each phase takes what it can from the front of that side's buffer and answers whether it took anything.
 */
export const LUA_LAYERS = String.raw`
local take

-- An item is one frame: a label, its fields, its bytes.
local function item_of(label, bytes, fields)
  return { label = label, bytes = bytes, fields = fields }
end

local function undecoded(why) return item_of("not decoded: " .. why, nil, { { f.undecoded, why } }) end

local function new_channel(phase) return { phase = phase, sides = {}, rounds = {}, frames = 0, streams = {} } end

local function side_of(channel, name)
  local side = channel.sides[name]
  if side == nil then
    side = { buffer = "", phase = channel.phase, level = 1, frames = 0 }
    channel.sides[name] = side
  end
  return side
end

local function other_side(channel, name)
  for key, side in pairs(channel.sides) do if key ~= name then return side end end
  return nil
end

local function number_at(bytes, at, size)
  local value = 0
  for index = at, at + size - 1 do value = value * 256 + bytes:byte(index) end
  return value
end

-- The varint at the beginning: its value and size, or nil when it is not all there, or false when it is none.
local function varint(bytes)
  local value, factor = 0, 1
  for index = 1, 9 do
    local byte = bytes:byte(index)
    if byte == nil then return nil end
    value = value + (byte % 128) * factor
    if byte < 128 then return value, index end
    factor = factor * 128
  end
  return false
end

local function layer(where, name, rest)
  rest[#rest + 1] = { f.layer, name }
  if where.stream ~= nil then rest[#rest + 1] = { f.stream, where.stream } end
  return rest
end

local function begins_with(text, start) return text:sub(1, #start) == start end

local function phase_after(protocol)
  if LAYERS[protocol] ~= nil then return LAYERS[protocol] end
  for _, start in ipairs(LENGTH_PREFIXED) do if begins_with(protocol, start) then return "messages" end end
  return "data"
end

local phases = {}

function phases.sniff(channel, side, name)
  if #side.buffer == 0 then return false end
  local other = other_side(channel, name)
  if other ~= nil and (other.phase == "yamux" or other.phase == "mplex" or other.phase == "spdy") then
    side.phase = other.phase
    return true
  end
  -- A multistream line begins with its length, which is below 128 here; a control frame of spdy, the first there is,
  -- with the highest bit set. A yamux header begins with its version, 0, its type, and flags below 256; the first stream
  -- of mplex with 0 too, the length of its name, and the name.
  if side.buffer:byte(1) ~= 0 then
    side.phase = side.buffer:byte(1) == 128 and "spdy" or "multistream"
    return true
  end
  if #side.buffer < 3 then return false end
  side.phase = side.buffer:byte(3) == 0 and "yamux" or "mplex"
  return true
end

-- A whole line of multistream at the front: its text and size. nil: more bytes are needed. false: it is none.
local function multistream_line(buffer)
  local length, prefix = varint(buffer)
  if length == nil then return nil end
  if length == false or length == 0 or length > 1024 then return false end
  if #buffer < prefix + length then return nil end
  local line = buffer:sub(prefix + 1, prefix + length)
  if line:sub(-1) ~= "\n" then return false end
  return line:sub(1, -2), prefix + length
end

-- A negotiation of one channel: the first, or the next one inside what the one before agreed on.
local function round_of(channel, level)
  local round = channel.rounds[level]
  if round == nil then
    round = {}
    channel.rounds[level] = round
  end
  return round
end

-- From here on the side speaks this protocol.
local function enter(side, protocol)
  side.protocol = protocol
  side.phase = phase_after(protocol)
  side.level = side.level + 1
end

function phases.multistream(channel, side, name, items, where)
  if #side.buffer == 0 then return false end
  local level = side.level
  local round = round_of(channel, level)
  if round.proposer == name then
    -- Nobody says more lines behind its own proposal: it takes it for agreed and goes on.
    enter(side, round.proposal)
    return true
  end
  local text, size = multistream_line(side.buffer)
  if text == nil then return false end
  if text == false then
    items[#items + 1] = undecoded(where.text .. "no multistream line: " .. #side.buffer .. " bytes")
    side.phase = "data"
    return true
  end
  local bytes = side.buffer:sub(1, size)
  side.buffer = side.buffer:sub(size + 1)
  local shown = text:gsub("[^\32-\126]", ".")
  local item = item_of(where.text .. "multistream " .. shown, bytes, layer(where, "multistream", { { f.text, shown } }))
  items[#items + 1] = item
  if text == MULTISTREAM_ID or text == MULTISTREAM_LS then return true end
  if text == MULTISTREAM_NA then
    -- Who took it for agreed was wrong.
    local proposer = channel.sides[round.proposer]
    if proposer ~= nil and proposer.level > level then proposer.level, proposer.phase = level, "multistream" end
    round.proposal, round.proposer = nil, nil
  elseif round.proposal == text then
    item.fields[#item.fields + 1] = { f.selected, shown }
    for _, each in pairs(channel.sides) do if each.level == level then enter(each, text) end end
  elseif round.proposal == nil then
    round.proposal, round.proposer = text, name
  end
  -- What is left is an answer to ls.
  return true
end

-- A message with a varint in front; nil when it is not all there, false when its length is none.
local function varint_framed(side)
  local length, prefix = varint(side.buffer)
  if not length then return length end
  if #side.buffer < prefix + length then return nil end
  local bytes = side.buffer:sub(1, prefix + length)
  side.buffer = side.buffer:sub(prefix + length + 1)
  return length, bytes
end

function phases.messages(_, side, _, items, where)
  if #side.buffer == 0 then return false end
  local length, bytes = varint_framed(side)
  if length == false then
    items[#items + 1] = undecoded(where.text .. "no length of a message of " .. side.protocol)
    side.phase = "data"
    return true
  end
  if length == nil then return false end
  local protocol = side.protocol or ""
  items[#items + 1] = item_of(where.text .. protocol .. " message of " .. length .. " bytes", bytes,
    layer(where, "protocol", { { f.protocol, protocol }, { f.message_length, length } }))
  return true
end

function phases.data(_, side, _, items, where)
  local length = #side.buffer
  if length == 0 then return false end
  local protocol = side.protocol or "data"
  items[#items + 1] = item_of(where.text .. protocol .. " " .. length .. " bytes", side.buffer,
    layer(where, "protocol", { { f.protocol, protocol }, { f.data_length, length } }))
  side.buffer = ""
  return true
end

function take(channel, name, bytes, items, text, stream)
  local side = side_of(channel, name)
  side.buffer = side.buffer .. bytes
  local where = { text = text, stream = stream }
  while phases[side.phase](channel, side, name, items, where) do end
  -- What the other side had said before an agreement can be told now.
  local other = other_side(channel, name)
  if other ~= nil and #other.buffer > 0 then
    for key, each in pairs(channel.sides) do
      if each == other then while phases[other.phase](channel, other, key, items, where) do end end
    end
  end
end`;
