/**
 * The Lua side of the sandbox, run in every fresh state before the script: it reads `obj`, builds the globals a script
 * may see, and writes the result as JSON. The script gets a table of its own as its globals, so what is not put there
 * cannot be reached: no files, no modules from disk, no debug, no compiled code. The machine is Lua 5.2 (numbers are
 * doubles, `goto` is there, as in Argo CD's), and what 5.1 had besides is added here.
 */
export const LUA_PRELUDE = String.raw`
local assert, error, getmetatable, ipairs, load, next, pairs, pcall, rawequal, rawget, rawset, select, setmetatable,
  tonumber, tostring, type, unpack, xpcall =
  assert, error, getmetatable, ipairs, load, next, pairs, pcall, rawequal, rawget, rawset, select, setmetatable,
  tonumber, tostring, type, unpack, xpcall
local string, table, math = string, table, math
local byte, char, find, format, gmatch, gsub, sub = string.byte, string.char, string.find, string.format, string.gmatch, string.gsub, string.sub
local concat, sort = table.concat, table.sort
local floor, huge = math.floor, math.huge

-- JSON -------------------------------------------------------------------------------------------------------------

-- Arrays of the object, so that one a script emptied is still written as an array.
local arrays = {}

local function utf8(code)
  if code < 0x80 then return char(code) end
  if code < 0x800 then return char(0xC0 + floor(code / 64), 0x80 + code % 64) end
  return char(0xE0 + floor(code / 4096), 0x80 + floor(code / 64) % 64, 0x80 + code % 64)
end

local plain = { b = '\b', f = '\f', n = '\n', r = '\r', t = '\t' }

-- Reads what JSON.stringify writes: no white space, no error to expect.
local function decode(text)
  local at = 1
  local value

  local function readString()
    local stop = find(text, '["\\]', at)
    if byte(text, stop) == 34 then
      local piece = sub(text, at, stop - 1)
      at = stop + 1
      return piece
    end
    local parts = {}
    while byte(text, stop) == 92 do
      parts[#parts + 1] = sub(text, at, stop - 1)
      local letter = sub(text, stop + 1, stop + 1)
      if letter == 'u' then
        parts[#parts + 1] = utf8(tonumber(sub(text, stop + 2, stop + 5), 16))
        at = stop + 6
      else
        parts[#parts + 1] = plain[letter] or letter
        at = stop + 2
      end
      stop = find(text, '["\\]', at)
    end
    parts[#parts + 1] = sub(text, at, stop - 1)
    at = stop + 1
    return concat(parts)
  end

  local function readObject()
    local object = {}
    at = at + 1
    if byte(text, at) == 125 then at = at + 1 return object end
    repeat
      at = at + 1
      local key = readString()
      at = at + 1
      object[key] = value()
      at = at + 1
    until byte(text, at - 1) ~= 44
    return object
  end

  local function readArray()
    local array, index = {}, 0
    arrays[array] = true
    at = at + 1
    if byte(text, at) == 93 then at = at + 1 return array end
    repeat
      index = index + 1
      array[index] = value()
      at = at + 1
    until byte(text, at - 1) ~= 44
    return array
  end

  function value()
    local first = byte(text, at)
    if first == 34 then at = at + 1 return readString() end
    if first == 123 then return readObject() end
    if first == 91 then return readArray() end
    if first == 116 then at = at + 4 return true end
    if first == 102 then at = at + 5 return false end
    if first == 110 then at = at + 4 return nil end
    local start, stop = find(text, '^[%d.eE+-]+', at)
    at = stop + 1
    return tonumber(sub(text, start, stop))
  end

  return value()
end

local escapes = { ['"'] = '\\"', ['\\'] = '\\\\' }
local function escape(letter)
  return escapes[letter] or format('\\u%04x', byte(letter))
end

local function quote(text)
  return '"' .. gsub(text, '[%c"\\]', escape) .. '"'
end

local function number(value)
  if value ~= value or value == huge or value == -huge then
    error('cannot write ' .. tostring(value) .. ' as JSON', 0)
  end
  return floor(value) == value and format('%.0f', value) or format('%.17g', value)
end

local function encode(value, within)
  local kind = type(value)
  if kind == 'string' then return quote(value) end
  if kind == 'number' then return number(value) end
  if kind == 'boolean' then return tostring(value) end
  if kind ~= 'table' then error('cannot write a ' .. kind .. ' as JSON', 0) end
  if within[value] then error('cannot write a table that contains itself as JSON', 0) end
  local first = next(value)
  if first == nil then return arrays[value] and '[]' or '{}' end
  within[value] = true
  local parts = {}
  if type(first) == 'number' then
    local length = #value
    for key in next, value do
      if type(key) ~= 'number' then error('cannot write a table with mixed keys as JSON', 0) end
      if key < 1 or key > length or floor(key) ~= key then error('cannot write an array with gaps as JSON', 0) end
    end
    for index = 1, length do
      local item = rawget(value, index)
      if item == nil then error('cannot write an array with gaps as JSON', 0) end
      parts[index] = encode(item, within)
    end
    within[value] = nil
    return '[' .. concat(parts, ',') .. ']'
  end
  for key, item in next, value do
    if type(key) ~= 'string' then error('cannot write a table with mixed keys as JSON', 0) end
    parts[#parts + 1] = quote(key) .. ':' .. encode(item, within)
  end
  within[value] = nil
  return '{' .. concat(parts, ',') .. '}'
end

-- Time: os.time and os.date, in UTC --------------------------------------------------------------------------------

local now = 0

local function daysOf(year, month, day)
  year = year + floor((month - 1) / 12)
  month = (month - 1) % 12 + 1
  if month <= 2 then year = year - 1 end
  local era = floor(year / 400)
  local yearOfEra = year - era * 400
  local dayOfYear = floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146097 + yearOfEra * 365 + floor(yearOfEra / 4) - floor(yearOfEra / 100) + dayOfYear - 719468
end

local function fieldsOf(time)
  local days = floor(time / 86400)
  local rest = time - days * 86400
  local shifted = days + 719468
  local era = floor(shifted / 146097)
  local dayOfEra = shifted - era * 146097
  local yearOfEra = floor((dayOfEra - floor(dayOfEra / 1460) + floor(dayOfEra / 36524) - floor(dayOfEra / 146096)) / 365)
  local dayOfYear = dayOfEra - (365 * yearOfEra + floor(yearOfEra / 4) - floor(yearOfEra / 100))
  local shiftedMonth = floor((5 * dayOfYear + 2) / 153)
  local month = shiftedMonth < 10 and shiftedMonth + 3 or shiftedMonth - 9
  local year = yearOfEra + era * 400 + (month <= 2 and 1 or 0)
  return {
    year = year,
    month = month,
    day = dayOfYear - floor((153 * shiftedMonth + 2) / 5) + 1,
    hour = floor(rest / 3600),
    min = floor(rest / 60) % 60,
    sec = floor(rest) % 60,
    wday = (days + 4) % 7 + 1,
    yday = days - daysOf(year, 1, 1) + 1,
    isdst = false,
  }
end

local weekdays = { 'Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday' }
local months = {
  'January', 'February', 'March', 'April', 'May', 'June',
  'July', 'August', 'September', 'October', 'November', 'December',
}

local dateOf
local letters = {
  a = function(t) return sub(weekdays[t.wday], 1, 3) end,
  A = function(t) return weekdays[t.wday] end,
  b = function(t) return sub(months[t.month], 1, 3) end,
  B = function(t) return months[t.month] end,
  c = function(t) return dateOf('%a %b %d %H:%M:%S %Y', t) end,
  d = function(t) return format('%02d', t.day) end,
  D = function(t) return dateOf('%m/%d/%y', t) end,
  F = function(t) return dateOf('%Y-%m-%d', t) end,
  H = function(t) return format('%02d', t.hour) end,
  I = function(t) return format('%02d', (t.hour + 11) % 12 + 1) end,
  j = function(t) return format('%03d', t.yday) end,
  m = function(t) return format('%02d', t.month) end,
  M = function(t) return format('%02d', t.min) end,
  p = function(t) return t.hour < 12 and 'AM' or 'PM' end,
  R = function(t) return dateOf('%H:%M', t) end,
  s = function(t) return format('%.0f', t.time) end,
  S = function(t) return format('%02d', t.sec) end,
  T = function(t) return dateOf('%H:%M:%S', t) end,
  w = function(t) return tostring(t.wday - 1) end,
  x = function(t) return dateOf('%m/%d/%y', t) end,
  X = function(t) return dateOf('%H:%M:%S', t) end,
  y = function(t) return format('%02d', t.year % 100) end,
  Y = function(t) return tostring(t.year) end,
  z = function() return '+0000' end,
  Z = function() return 'UTC' end,
  ['%'] = function() return '%' end,
}

function dateOf(pattern, fields)
  return (gsub(pattern, '%%(.)', function(letter)
    local write = letters[letter]
    return write and write(fields) or '%' .. letter
  end))
end

local os = {}

function os.time(fields)
  if fields == nil then return now end
  local function field(name, default)
    local value = tonumber(fields[name]) or default
    if value == nil then error("field '" .. name .. "' missing in date table", 3) end
    return value
  end
  local days = daysOf(field('year'), field('month'), field('day'))
  return days * 86400 + field('hour', 12) * 3600 + field('min', 0) * 60 + field('sec', 0)
end

function os.date(pattern, time)
  pattern = pattern or '%c'
  time = time == nil and now or tonumber(time)
  if type(pattern) ~= 'string' or time == nil then error("bad argument to 'date'", 2) end
  local fields = fieldsOf(time)
  pattern = gsub(pattern, '^!', '')
  if sub(pattern, 1, 2) == '*t' then return fields end
  fields.time = time
  return dateOf(pattern, fields)
end

-- Globals ----------------------------------------------------------------------------------------------------------

local function pick(source, names)
  local picked = {}
  for name in gmatch(names, '%S+') do picked[name] = source[name] end
  return picked
end

-- Whole numbers beyond 32 bits, which the C function cannot write.
local function formatAny(pattern, ...)
  local values, index = { ... }, 0
  pattern = gsub(pattern, '%%([-+ #0]*%d*)(%.?%d*)([%a%%])', function(flags, precision, letter)
    if letter == '%' then return nil end
    index = index + 1
    local value = tonumber(values[index])
    if (letter ~= 'd' and letter ~= 'i') or value == nil or (value > -2147483648 and value < 2147483648) then return nil end
    values[index] = value < 0 and -floor(-value) or floor(value)
    return '%' .. flags .. '.0f'
  end)
  return format(pattern, unpack(values, 1, select('#', ...)))
end

local function globals(openLibs)
  local env = pick(
    _G,
    'assert error getmetatable ipairs next pairs pcall rawequal rawget rawset select setmetatable tonumber tostring type unpack xpcall'
  )
  env._G = env
  env._VERSION = 'Lua 5.1'
  env.print = function() end
  env.collectgarbage = function() return 0 end
  env.loadstring = function(text, name)
    if type(text) ~= 'string' then error("bad argument #1 to 'loadstring' (string expected)", 2) end
    return load(text, name or text, 't', env)
  end
  env.load = function(read, name) return load(read, name, 't', env) end

  env.table = pick(table, 'concat insert maxn remove sort unpack')
  env.table.getn = function(list) return #list end
  env.table.foreach = function(list, visit)
    for key, item in pairs(list) do
      local result = visit(key, item)
      if result ~= nil then return result end
    end
  end
  env.table.foreachi = function(list, visit)
    for index = 1, #list do
      local result = visit(index, list[index])
      if result ~= nil then return result end
    end
  end
  env.os = os

  local loaded = { _G = env, table = env.table, os = os }
  if openLibs then
    env.string = pick(string, 'byte char find gmatch gsub len lower match rep reverse sub upper')
    env.string.format = formatAny
    env.string.gfind = env.string.gmatch
    env.math = pick(
      math,
      'abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow rad random randomseed sin sinh sqrt tan tanh'
    )
    env.math.mod = math.fmod
    loaded.string, loaded.math = env.string, env.math
  end
  local strings = getmetatable('')
  strings.__index = env.string
  strings.__metatable = false

  env.package = { loaded = loaded, preload = {}, path = '', cpath = '' }
  env.require = function(name)
    local module = loaded[name]
    if module == nil then error("module '" .. tostring(name) .. "' not found", 2) end
    return module
  end
  return env
end

-- The run ----------------------------------------------------------------------------------------------------------

local inputs = {}

-- Long texts come in pieces.
function feed(name, piece)
  local pieces = inputs[name]
  if pieces == nil then
    pieces = {}
    inputs[name] = pieces
  end
  pieces[#pieces + 1] = piece
end

local function input(name)
  return inputs[name] and concat(inputs[name])
end

-- The first letter says how it went: s(yntax), e(rror), r(esult). A result is its type, a space, and its JSON.
function run()
  local env = globals(input('openLibs') == 'true')
  now = tonumber(input('now'))
  local chunk, problem = load(input('script'), '=' .. input('name'), 't', env)
  if chunk == nil then return 's' .. problem end
  if inputs.object == nil then return 'rnil ' end
  env.obj = decode(input('object'))
  if inputs.parameters ~= nil then env.actionParams = decode(input('parameters')) end
  inputs = {}
  local ok, result = pcall(chunk)
  if ok and type(result) ~= 'table' then return 'r' .. type(result) .. ' ' end
  if ok then
    ok, result = pcall(encode, result, {})
    if ok then return 'rtable ' .. result end
  end
  local text = type(result)
  return 'e' .. ((text == 'string' or text == 'number') and result or 'the script raised a ' .. text)
end
`;
