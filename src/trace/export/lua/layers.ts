/** The layers of the dissector: functions that take a direction's bytes and answer the frames in them. */

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

local function new_channel(phase) return { phase = phase, sides = {}, frames = 0, streams = {} } end

local function side_of(channel, name)
  local side = channel.sides[name]
  if side == nil then
    side = { buffer = "", phase = channel.phase, frames = 0 }
    channel.sides[name] = side
    if channel.first == nil then channel.first = name end
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
  if other ~= nil and (other.phase == "yamux" or other.phase == "mplex") then
    side.phase = other.phase
    return true
  end
  -- A multistream line begins with its length. A yamux header begins with its version, 0, its type, and flags below
  -- 256; the first stream of mplex with 0 too, the length of its name, and the name.
  if side.buffer:byte(1) ~= 0 then
    side.phase = "multistream"
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

local function select(channel, protocol)
  channel.protocol = protocol
  channel.proposal, channel.proposer = nil, nil
  for _, side in pairs(channel.sides) do
    if side.phase == "multistream" or side.phase == "sniff" then side.phase = phase_after(protocol) end
  end
  channel.phase = phase_after(protocol)
end

function phases.multistream(channel, side, name, items, where)
  if #side.buffer == 0 then return false end
  local text, size = multistream_line(side.buffer)
  if text == nil then return false end
  if text == false then
    -- Its own proposal taken for agreed: what follows belongs to the protocol already.
    if channel.proposer == name and channel.proposal ~= nil then
      side.phase = phase_after(channel.proposal)
      return true
    end
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
    channel.proposal, channel.proposer = nil, nil
  elseif channel.proposal == text and channel.proposer ~= name then
    item.fields[#item.fields + 1] = { f.selected, shown }
    select(channel, text)
  elseif channel.proposer ~= name and channel.proposal ~= nil then
    -- An answer to ls.
    return true
  else
    channel.proposal, channel.proposer = text, name
  end
  return true
end

-- A frame with a length of some bytes in front.
local function framed(side, length_bytes)
  if #side.buffer < length_bytes then return nil end
  local length = number_at(side.buffer, 1, length_bytes)
  if #side.buffer < length_bytes + length then return nil end
  local bytes = side.buffer:sub(1, length_bytes + length)
  side.buffer = side.buffer:sub(length_bytes + length + 1)
  return length, bytes
end

function phases.noise(channel, side, _, items, where)
  local length, bytes = framed(side, NOISE_LENGTH_BYTES)
  if length == nil then return false end
  channel.frames = channel.frames + 1
  local tokens = NOISE_MESSAGES[channel.frames]
  local message = tokens and ("handshake " .. channel.frames .. " (" .. tokens .. ")") or "transport"
  items[#items + 1] = item_of(where.text .. "noise " .. message .. " " .. length .. " bytes", bytes,
    layer(where, "noise", { { f.noise_length, length }, { f.noise_message, message } }))
  return true
end

function phases.secio(_, side, _, items, where)
  local length, bytes = framed(side, SECIO_LENGTH_BYTES)
  if length == nil then return false end
  side.frames = side.frames + 1
  local message = SECIO_MESSAGES[side.frames] or "sealed"
  items[#items + 1] = item_of(where.text .. "secio " .. message .. " " .. length .. " bytes", bytes,
    layer(where, "secio", { { f.secio_length, length }, { f.secio_message, message } }))
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

function phases.plaintext(channel, side, _, items, where)
  local length, bytes = varint_framed(side)
  if not length then return false end
  items[#items + 1] = item_of(where.text .. "plaintext Exchange " .. length .. " bytes", bytes,
    layer(where, "plaintext", { { f.plaintext_length, length } }))
  side.phase = "multistream"
  channel.phase = "plaintext"
  return true
end

function phases.messages(channel, side, _, items, where)
  if #side.buffer == 0 then return false end
  local length, bytes = varint_framed(side)
  if length == false then
    items[#items + 1] = undecoded(where.text .. "no length of a message of " .. channel.protocol)
    side.phase = "data"
    return true
  end
  if length == nil then return false end
  local protocol = channel.protocol or ""
  items[#items + 1] = item_of(where.text .. protocol .. " message of " .. length .. " bytes", bytes,
    layer(where, "protocol", { { f.protocol, protocol }, { f.message_length, length } }))
  return true
end

function phases.data(channel, side, _, items, where)
  local length = #side.buffer
  if length == 0 then return false end
  local protocol = channel.protocol or "data"
  items[#items + 1] = item_of(where.text .. protocol .. " " .. length .. " bytes", side.buffer,
    layer(where, "protocol", { { f.protocol, protocol }, { f.data_length, length } }))
  side.buffer = ""
  return true
end

local function flag_names(flags)
  local names = {}
  for _, bit in ipairs({ 1, 2, 4, 8 }) do
    if math.floor(flags / bit) % 2 == 1 then names[#names + 1] = YAMUX_FLAG_NAMES[bit] end
  end
  return table.concat(names, "|")
end

function phases.yamux(channel, side, name, items)
  -- The body of a data frame goes on to its stream as it comes.
  if side.body ~= nil then
    if #side.buffer == 0 then return false end
    local part = side.buffer:sub(1, side.body)
    side.buffer = side.buffer:sub(#part + 1)
    side.body = side.body - #part
    take(side.body_of, name, part, items, "stream " .. side.body_stream .. " ", side.body_stream)
    if side.body == 0 then side.body = nil end
    return true
  end
  if #side.buffer < YAMUX_HEADER_BYTES then return false end
  local header = side.buffer:sub(1, YAMUX_HEADER_BYTES)
  local version, kind = header:byte(1), header:byte(2)
  local flags, stream, length = number_at(header, 3, 2), number_at(header, 5, 4), number_at(header, 9, 4)
  if version ~= 0 or YAMUX_TYPE_NAMES[kind] == nil then
    items[#items + 1] = undecoded("no yamux header: version " .. version .. ", type " .. kind)
    side.buffer = ""
    return true
  end
  side.buffer = side.buffer:sub(YAMUX_HEADER_BYTES + 1)
  local names = flag_names(flags)
  local said = kind == YAMUX_TYPE.goAway and (YAMUX_GO_AWAY_NAMES[length] or length) or length
  local label = "yamux " .. YAMUX_TYPE_NAMES[kind] .. (names == "" and "" or (" " .. names)) ..
    " stream " .. stream .. " length " .. said
  items[#items + 1] = item_of(label, header, {
    { f.layer, "yamux" }, { f.yamux_version, version }, { f.yamux_type, kind }, { f.yamux_flags, flags },
    { f.yamux_flag_names, names }, { f.stream, stream }, { f.yamux_length, length },
  })
  if stream ~= 0 and channel.streams[stream] == nil then channel.streams[stream] = new_channel("multistream") end
  if kind == YAMUX_TYPE.data and length > 0 then
    side.body, side.body_of, side.body_stream = length, channel.streams[stream] or new_channel("data"), stream
  end
  return true
end

function phases.mplex(channel, side, name, items)
  -- Data goes on to its stream as it comes.
  if side.body ~= nil then
    if #side.buffer == 0 then return false end
    local part = side.buffer:sub(1, side.body)
    side.buffer = side.buffer:sub(#part + 1)
    side.body = side.body - #part
    take(side.body_of, name, part, items, "stream " .. side.body_stream .. " ", side.body_stream)
    if side.body == 0 then side.body = nil end
    return true
  end
  local tag, tag_size = varint(side.buffer)
  if tag == nil then return false end
  local length, length_size
  if tag then length, length_size = varint(side.buffer:sub(tag_size + 1)) end
  local flag = tag and tag % 8
  if tag == false or length == false or MPLEX_FLAG_NAMES[flag] == nil then
    items[#items + 1] = undecoded("no mplex header")
    side.buffer = ""
    return true
  end
  if length == nil then return false end
  local size, text = tag_size + length_size, ""
  if flag == 0 then
    if #side.buffer < size + length then return false end
    text = side.buffer:sub(size + 1, size + length):gsub("[^\32-\126]", ".")
  end
  local header = side.buffer:sub(1, size + (flag == 0 and length or 0))
  side.buffer = side.buffer:sub(#header + 1)
  -- Even flags are said by who opened the stream; an id counts for each side by itself.
  local id, opener = math.floor(tag / 8), flag % 2 == 0 and name or nil
  if opener == nil then for key in pairs(channel.sides) do if key ~= name then opener = key end end end
  local stream = id .. " of " .. (opener or "the other side")
  local label = "mplex " .. MPLEX_FLAG_NAMES[flag] .. " stream " .. stream .. " length " .. length
  items[#items + 1] = item_of(label, header, {
    { f.layer, "mplex" }, { f.mplex_flag, flag }, { f.mplex_id, id }, { f.stream, id }, { f.mplex_length, length },
    { f.mplex_name, text },
  })
  if channel.streams[stream] == nil then channel.streams[stream] = new_channel("multistream") end
  if flag ~= 0 and length > 0 then
    side.body, side.body_of, side.body_stream = length, channel.streams[stream], id
  end
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
