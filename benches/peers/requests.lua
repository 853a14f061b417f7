-- Sends the requests of a file, each of so many bytes, in turn and over again:
--   wrk -s requests.lua URL -- FILE BYTES [AT ONCE]
local file, bytes

function init(arguments)
  file = assert(io.open(arguments[1], "rb"))
  bytes = tonumber(arguments[2]) * tonumber(arguments[3] or 1)
end

function request()
  local text = file:read(bytes)
  if not text then
    file:seek("set")
    text = file:read(bytes)
  end
  return text
end
