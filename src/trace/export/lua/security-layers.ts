/** The security layers of the dissector: frames by their kind and length; what they seal stands on the other interface. */

/** Noise, TLS, secio and plaintext. `/plaintext/1.0.0` has no bytes of its own: behind it comes multistream at once. */
export const LUA_SECURITY = String.raw`
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

function phases.tls(_, side, _, items, where)
  if #side.buffer < TLS_RECORD_HEADER_BYTES then return false end
  local kind, major, length = side.buffer:byte(1), side.buffer:byte(2), number_at(side.buffer, 4, 2)
  if TLS_CONTENT_NAMES[kind] == nil or major ~= 3 then
    items[#items + 1] = undecoded(where.text .. "no TLS record: type " .. kind .. ", version " .. major)
    side.buffer = ""
    side.phase = "data"
    return true
  end
  if #side.buffer < TLS_RECORD_HEADER_BYTES + length then return false end
  local bytes = side.buffer:sub(1, TLS_RECORD_HEADER_BYTES + length)
  side.buffer = side.buffer:sub(#bytes + 1)
  local body, messages = bytes:sub(TLS_RECORD_HEADER_BYTES + 1), {}
  if kind == TLS_CONTENT.alert and #body == 2 then
    messages[1] = TLS_ALERT_NAMES[body:byte(2)] or ("alert " .. body:byte(2))
  elseif kind == TLS_CONTENT.handshake then
    -- Messages follow each other through records without regard to where one ends.
    side.tls = (side.tls or "") .. body
    while #side.tls > 0 do
      if side.tls_left == nil then
        if #side.tls < TLS_MESSAGE_HEADER_BYTES then break end
        messages[#messages + 1] = TLS_MESSAGE_NAMES[side.tls:byte(1)] or ("message " .. side.tls:byte(1))
        side.tls_left = TLS_MESSAGE_HEADER_BYTES + number_at(side.tls, 2, 3)
      end
      local size = math.min(side.tls_left, #side.tls)
      side.tls = side.tls:sub(size + 1)
      side.tls_left = side.tls_left - size
      if side.tls_left == 0 then side.tls_left = nil end
    end
  end
  local label = "tls " .. TLS_CONTENT_NAMES[kind]
  if #messages > 0 then label = label .. " " .. table.concat(messages, ", ") end
  local fields = { { f.tls_type, kind }, { f.tls_length, length } }
  for _, message in ipairs(messages) do fields[#fields + 1] = { f.tls_message, message } end
  items[#items + 1] = item_of(where.text .. label .. " " .. length .. " bytes", bytes, layer(where, "tls", fields))
  return true
end

function phases.plaintext(_, side, _, items, where)
  local length, bytes = varint_framed(side)
  if not length then return false end
  items[#items + 1] = item_of(where.text .. "plaintext Exchange " .. length .. " bytes", bytes,
    layer(where, "plaintext", { { f.plaintext_length, length } }))
  side.phase = "multistream"
  return true
end

`;
