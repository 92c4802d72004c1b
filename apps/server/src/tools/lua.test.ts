import type { KubernetesObject, LuaScript } from '@lockstep/core';
import { afterAll, describe, expect, it } from 'vitest';
import { LuaWorker } from './lua.ts';

const lua = new LuaWorker();
afterAll(() => lua[Symbol.asyncDispose]());

const object: KubernetesObject = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', generation: 3, labels: {}, finalizers: [] },
  spec: { replicas: 3, ratio: 0.1, bytes: 5_368_709_120_000, tiny: -1.5e-7, list: [1, 'x'], text: 'ä😀 "\\\n\u0001' },
};
const script = (source: string, openLibs = false): LuaScript => ({
  source,
  name: 'health.lua',
  openLibs,
  kind: 'example.com/Widget',
});
const run = (source: string, openLibs = false, parameters?: Record<string, string>) =>
  lua.run(script(source, openLibs), object, parameters);
/** The one value a script returns. */
const value = async (expression: string, openLibs = false): Promise<unknown> =>
  ((await run(`return { v = ${expression} }`, openLibs)).value as { v: unknown }).v;

describe('Lua as scripts for Argo CD know it', () => {
  it('gives the object and takes it back unchanged: whole numbers, empty lists and maps, any text', async () => {
    expect(await run('return obj')).toEqual({ type: 'table', value: object });
  });

  it('treats null as nil, so a field that is null is not there', async () => {
    const answer = await lua.run(
      script('return { missing = obj.spec.gone == nil, count = #obj.spec.list, second = obj.spec.list[2] }'),
      { ...object, spec: { gone: null, list: ['a', 'b'] } },
    );
    expect(answer.value).toEqual({ missing: true, count: 2, second: 'b' });
  });

  it.each([
    ['6 / 2 .. ""', '3'],
    ['obj.spec.replicas .. "/" .. 3.0', '3/3'],
    ['obj.metadata.generation == 3', true],
    ['tostring(10 / 4)', '2.5'],
    ['obj.spec.bytes .. ""', '5368709120000'],
    ['2 ^ 10', 1024],
    ['-7 % 3', 2],
    ['7 / 2', 3.5],
    ['tonumber("12") + 1', 13],
    ['tonumber("x") == nil', true],
    ['"10" + 5', 15],
    ['#"abc"', 3],
    ['select("#", unpack({1, 2, 3}))', 3],
    ['table.getn({1, 2})', 2],
    ['table.maxn({[1] = 1, [5] = 2})', 5],
    ['table.concat({1, "a", 2}, ",")', '1,a,2'],
    ['_VERSION', 'Lua 5.1'],
    ['loadstring("return 1 + 1")()', 2],
    ['type(loadstring("if"))', 'nil'],
    ['require("os") == os', true],
    ['({pcall(error, "x")})[2]', 'x'],
    ['rawequal(_G, _G._G)', true],
  ])('%s is %j', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  it.each([
    ['string.format("%d of %s at %5.1f%%", 3000000000.0, nil, 99.5)', '3000000000 of nil at  99.5%'],
    ['string.format("%03d|%-5s|%x", 7, "a", 255)', '007|a    |ff'],
    ['("Ready"):lower()', 'ready'],
    ['("a,b,c"):gsub(",", ";")', 'a;b;c'],
    ['string.find("v1.2.3", "%.", 1, false)', 3],
    ['string.match("registry/app:v1.2", ":(v[%d.]+)$")', 'v1.2'],
    ['(function() local n = 0 for _ in string.gfind("a b c", "%a") do n = n + 1 end return n end)()', 3],
    ['math.pow(2, 8)', 256],
    ['math.mod(7, 3)', 1],
    ['math.floor(3.7) .. ""', '3'],
    ['math.max(1, 5, 3)', 5],
    ['#string.rep("ab", 3, "")', 6],
  ])('%s is %j with open libraries', async (expression, expected) => {
    expect(await value(expression, true)).toEqual(expected);
  });

  it.each(['string', 'math'])('has %s only with open libraries', async (name) => {
    expect(await value(`${name} == nil`)).toBe(true);
    expect(await value(`${name} == nil`, true)).toBe(false);
    await expect(run('return { v = ("x"):upper() }')).rejects.toThrow("attempt to index constant 'x' (a string value)");
  });

  it.each(['io', 'debug', 'coroutine', 'dofile', 'loadfile', 'module', 'package.loadlib', 'os.execute', 'os.getenv'])(
    'never has %s',
    async (name) => {
      for (const openLibs of [false, true]) expect(await value(`${name} == nil`, openLibs)).toBe(true);
    },
  );

  it('tells the time in UTC', async () => {
    const answer = await run(`
      local t = os.time({ year = 2024, month = 2, day = 29, hour = 12, min = 30, sec = 5 })
      local fields = os.date("*t", t)
      return { t = t, iso = os.date("!%Y-%m-%dT%H:%M:%SZ", t), x = os.date("%Y-%m-%dT%XZ", t), words = os.date("!%A %d %B, day %j", t),
        leap = fields.day .. "." .. fields.month .. " " .. fields.yday, rolled = os.date("!%F", os.time({ year = 2023, month = 14, day = 1 })),
        now = os.time() }`);
    expect(answer.value).toMatchObject({
      t: Date.UTC(2024, 1, 29, 12, 30, 5) / 1000,
      iso: '2024-02-29T12:30:05Z',
      x: '2024-02-29T12:30:05Z',
      words: 'Thursday 29 February, day 060',
      leap: '29.2 60',
      rolled: '2024-02-01',
    });
    expect(Math.abs((answer.value as { now: number }).now - Date.now() / 1000)).toBeLessThan(60);
  });

  it('agrees with JavaScript on every day of four centuries and a half', async () => {
    const answer = await run(`
      local days = {}
      for day = 0, 164000, 131 do days[#days + 1] = os.date("!%F", day * 86400) end
      return days`);
    const expected = Array.from({ length: 1252 }, (_, index) =>
      new Date(index * 131 * 86_400_000).toISOString().slice(0, 10),
    );
    expect(answer.value).toEqual(expected);
  });

  it('gives actions their parameters', async () => {
    expect(await run('return { n = tonumber(actionParams["replicas"]) }', false, { replicas: '4' })).toMatchObject({
      value: { n: 4 },
    });
  });

  it('keeps an emptied list a list', async () => {
    expect(await run('table.remove(obj.spec.list) table.remove(obj.spec.list) return obj.spec')).toMatchObject({
      value: { list: [] },
    });
  });

  it('walks a table in the same order every time', async () => {
    const walk = 'local k = "" for name in pairs(obj.spec) do k = k .. name .. " " end return { k = k }';
    const first = await run(walk);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await run(walk)).toEqual(first);
  });

  it('keeps nothing from one call to the next', async () => {
    await run('leaked = 1 string.format = nil table.concat = nil getmetatable("").__index = nil', true).catch(() => {});
    expect(await value('tostring(leaked) .. string.format("%s", table.concat({1, 2}))', true)).toBe('nil12');
  });
});

describe('a script with a mistake', () => {
  it.each([
    ['if obj', "the script does not parse: health.lua:1: 'then' expected near <eof>"],
    ['\n\nreturn obj.status.phase', "health.lua:3: attempt to index field 'status' (a nil value)"],
    ['error("the widget is odd")', 'health.lua:1: the widget is odd'],
    ['error({ code = 1 })', 'the script raised a table'],
    ['return { 1, nil, 3 }', 'cannot write an array with gaps as JSON'],
    ['return { 1, a = 2 }', 'cannot write a table with mixed keys as JSON'],
    ['return { f = print }', 'cannot write a function as JSON'],
    ['return { n = 1 / 0 }', 'cannot write inf as JSON'],
    ['local t = {} t.t = t return t', 'cannot write a table that contains itself as JSON'],
    ['require("socket")', "health.lua:1: module 'socket' not found"],
    ['return "\0"', 'the script contains a NUL character'],
  ])('%j: %s', async (source, message) => {
    await expect(run(source)).rejects.toThrow(message);
  });

  it('is found without running it', async () => {
    expect(await lua.problemOf(script('while true do'))).toBe("health.lua:1: 'end' expected near <eof>");
    expect(await lua.problemOf(script('while true do end'))).toBeUndefined();
  });

  it('returns what is no table by its type', async () => {
    expect(await run('return "Healthy"')).toEqual({ type: 'string' });
    expect(await run('local x = 1')).toEqual({ type: 'nil' });
  });
});

describe('a hostile script', () => {
  const tooLong = 'the script took longer than 1 s';
  // On a busy machine, filling the memory may take longer than a second.
  const tooMuch = /^the script took (more than 64 MB of memory|longer than 1 s)$/;

  it.each([
    ['runs for ever', 'while true do end', tooLong],
    ['catches every error and goes on', 'while true do pcall(function() error("x") end) end', tooLong],
    [
      'matches a catastrophic pattern',
      `return { string.find(string.rep("a", 40), string.rep("a?", 40) .. string.rep("a", 40) .. "b") }`,
      tooLong,
    ],
    ['sorts with a comparison that never ends', 'table.sort({1, 2, 3}, function() while true do end end)', tooLong],
    [
      'hides its loop in a finalizer',
      'setmetatable({}, { __gc = function() while true do end end }) return {}',
      tooLong,
    ],
    ['fills a table', 'local t = {} while true do t[#t + 1] = {} end', tooMuch],
    ['asks for a gigabyte at once', 'return { s = string.rep("x", 1e9) }', tooMuch],
    ['doubles a text', 'local s = "x" while true do s = s .. s end', tooMuch],
    ['calls itself without end', 'local function f() return 1 + f() end return f()', tooMuch],
    [
      'returns more than fits',
      'local t = {} for i = 1, 200000 do t[i] = "0123456789012345678901234567890123456789" .. i end return t',
      tooMuch,
    ],
  ])('that %s fails with a clear message', async (_name, source, message) => {
    await expect(run(source, true)).rejects.toThrow(message);
    expect(await value('1')).toBe(1);
  });

  it.each([
    ['runs compiled code', 'return { v = load("\\27Lua\\82\\0") == nil and loadstring("\\27LuaR") == nil }', true],
    [
      'keeps what load reads in its own globals',
      'return { v = loadstring("return io or debug or _G.dofile")() == nil }',
      true,
    ],
    ['replaces the globals', '_G.pairs = nil _G.tostring = nil return { v = true }', true],
    [
      'gives its result a metatable that lies',
      'return setmetatable({ v = true }, { __index = error, __pairs = error, __len = error })',
      true,
    ],
    ['dumps its functions', 'return { v = string.dump == nil }', true],
    ['reaches for the metatable of texts', 'return { v = getmetatable("") == false }', true],
    [
      'nests deeper than C allows',
      'local s = string.rep("(", 300) .. "1" .. string.rep(")", 300) return { v = loadstring("return " .. s) == nil }',
      true,
    ],
  ])('that %s gets nowhere', async (_name, source, expected) => {
    expect((await run(source, true)).value).toEqual({ v: expected });
  });

  it('rests after it hit a limit, and others do not wait for it', async () => {
    const bomb = script('while true do end -- rests');
    const first = await lua.run(bomb, object).catch((error: unknown) => error);
    expect(first).toMatchObject({ message: tooLong, retryAt: expect.any(Number) });
    const started = Date.now();
    for (let n = 0; n < 100; n++) await expect(lua.run(bomb, object)).rejects.toThrow(tooLong);
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  it('waits its turn: a script with many objects lets others through', async () => {
    const order: string[] = [];
    const slow = script('local n = 0 for i = 1, 200000 do n = n + i end return { n = n }');
    const many = Array.from({ length: 20 }, () => lua.run(slow, object).then(() => order.push('many')));
    await lua.run(script('return { v = 2 }'), object).then(() => order.push('one'));
    await Promise.all(many);
    expect(order.indexOf('one')).toBeLessThan(4);
  });
});
