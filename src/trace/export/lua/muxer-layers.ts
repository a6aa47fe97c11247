/** The muxers of the dissector: their frames, and their streams as channels of their own. */

/** Yamux, mplex and SPDY. Without a muxer the inside of a channel is one stream: multistream, then its protocol. */
export const LUA_MUXERS = String.raw`
-- The body of a data frame goes on to its stream as it comes.
local function body_piece(side, name, items)
  if #side.buffer == 0 then return false end
  local part = side.buffer:sub(1, side.body)
  side.buffer = side.buffer:sub(#part + 1)
  side.body = side.body - #part
  take(side.body_of, name, part, items, "stream " .. side.body_stream .. " ", side.body_stream)
  if side.body == 0 then side.body = nil end
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
  if side.body ~= nil then return body_piece(side, name, items) end
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
  if side.body ~= nil then return body_piece(side, name, items) end
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

-- The words of a control frame: what it says in fields, its stream, and a text.
local function spdy_control(kind, body)
  if kind == SPDY_TYPE.settings then
    local entries = {}
    if #body >= 4 then
      for at = 5, #body - 7, 8 do
        entries[#entries + 1] = number_at(body, at + 1, 3) .. "=" .. number_at(body, at + 4, 4)
      end
    end
    return nil, table.concat(entries, " "), {}
  end
  if #body < 4 then return nil, "", {} end
  local first = number_at(body, 1, 4)
  if kind == SPDY_TYPE.ping then return nil, "id " .. first, { { f.spdy_value, first } } end
  local stream = first % 2147483648
  if kind == SPDY_TYPE.synStream or kind == SPDY_TYPE.synReply or kind == SPDY_TYPE.headers then
    return stream, "", {}
  end
  if #body < 8 then return stream, "", {} end
  local value = number_at(body, 5, 4)
  local names = kind == SPDY_TYPE.rstStream and SPDY_STATUS_NAMES or
    (kind == SPDY_TYPE.goAway and SPDY_GO_AWAY_NAMES or {})
  return stream, tostring(names[value] or value), { { f.spdy_value, value } }
end

function phases.spdy(channel, side, name, items)
  if side.body ~= nil then return body_piece(side, name, items) end
  if #side.buffer < SPDY_HEADER_BYTES then return false end
  local first, flags, length = number_at(side.buffer, 1, 4), side.buffer:byte(5), number_at(side.buffer, 6, 3)
  local is_control = first >= 2147483648
  local version, kind = math.floor(first / 65536) % 32768, first % 65536
  if is_control and version ~= SPDY_VERSION then
    items[#items + 1] = undecoded("no spdy header: version " .. version)
    side.buffer = ""
    side.phase = "data"
    return true
  end
  local size = SPDY_HEADER_BYTES
  if is_control then size = size + length else kind = SPDY_TYPE.data end
  if #side.buffer < size then return false end
  local frame = side.buffer:sub(1, size)
  side.buffer = side.buffer:sub(size + 1)
  local stream, said, fields = first, "", {}
  -- What type 0 is without the bit of control frames, nobody knows with it.
  local type_name = SPDY_TYPE_NAMES[kind]
  if is_control then
    if kind == SPDY_TYPE.data then type_name = nil end
    stream = nil
    if type_name ~= nil then stream, said, fields = spdy_control(kind, frame:sub(SPDY_HEADER_BYTES + 1)) end
  end
  local label = "spdy " .. (type_name or ("type " .. kind))
  -- SETTINGS and PING have flags that mean something else.
  local is_fin = stream ~= nil and flags % 2 == 1
  if is_fin then label = label .. " FIN" end
  if stream ~= nil then label = label .. " stream " .. stream end
  if said ~= "" then label = label .. " " .. said end
  fields[#fields + 1] = { f.layer, "spdy" }
  fields[#fields + 1] = { f.spdy_type, kind }
  fields[#fields + 1] = { f.spdy_flags, flags }
  fields[#fields + 1] = { f.spdy_length, length }
  if stream ~= nil then fields[#fields + 1] = { f.stream, stream } end
  items[#items + 1] = item_of(label .. " length " .. length, frame, fields)
  if kind == SPDY_TYPE.synStream and stream ~= nil and channel.streams[stream] == nil then
    channel.streams[stream] = new_channel("multistream")
  end
  if not is_control and length > 0 then
    side.body, side.body_of, side.body_stream = length, channel.streams[stream] or new_channel("data"), stream
  end
  return true
end
`;
