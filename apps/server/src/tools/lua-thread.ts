import { LUA_PRELUDE } from './lua-prelude.ts';

/** Of the whole machine. An object of a megabyte takes about ten. */
const MEMORY_LIMIT_BYTES = 64 * 1024 * 1024;

/** What `LUA_THREAD` finds in `workerData`, besides the machine itself. */
export const LUA_THREAD_DATA = { prelude: LUA_PRELUDE, memory: MEMORY_LIMIT_BYTES };

/** The thread that runs Lua: one fresh state for each call, with only the base, string, table and math libraries in it. */
export const LUA_THREAD = String.raw`
const { parentPort, workerData } = require('node:worker_threads');
const clock = Date.now;
// Lua seeds its hashes with the time; without one, a table is walked in the same order every time.
Date.now = () => 0;
// A heap that may not grow is an allocation that fails, which Lua reports as an error.
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65536 > workerData.memory) throw new RangeError('memory limit');
  return grow.call(this, pages);
};
const { lua, lauxlib, lualib } = require(workerData.lua);
const PIECE = 65536;

function run(inputs) {
  const state = lauxlib.luaL_newstate();
  if (state === 0) throw new Error('not enough memory');
  try {
    lualib.luaopen_base(state);
    for (const library of ['string', 'table', 'math']) {
      lualib['luaopen_' + library](state);
      lua.lua_setfield(state, 1, library);
    }
    lua.lua_settop(state, 0);
    check(state, lauxlib.luaL_loadstring(state, workerData.prelude) || lua.lua_pcall(state, 0, 0, 0));
    for (const [name, text] of Object.entries(inputs)) feed(state, name, text);
    lua.lua_getglobal(state, 'run');
    check(state, lua.lua_pcall(state, 0, 1, 0));
    return lua.lua_tostring(state, -1);
  } finally {
    lua.lua_close(state);
  }
}

function feed(state, name, text) {
  if (text.includes('\0')) throw new Error('the script contains a NUL character');
  for (let at = 0; at === 0 || at < text.length; ) {
    let end = Math.min(text.length, at + PIECE);
    // A pair of surrogates is one character.
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end -= 1;
    lua.lua_getglobal(state, 'feed');
    lua.lua_pushstring(state, name);
    lua.lua_pushstring(state, text.slice(at, end));
    check(state, lua.lua_pcall(state, 2, 0, 0));
    at = Math.max(end, 1);
  }
}

function check(state, status) {
  if (status !== 0) throw new Error(lua.lua_tostring(state, -1) || 'not enough memory');
}

parentPort.on('message', ({ id, inputs }) => {
  try {
    parentPort.postMessage({ id, result: run({ ...inputs, now: String(Math.floor(clock() / 1000)) }) });
  } catch (error) {
    parentPort.postMessage({ id, error: String((error && error.message) || error) });
    // A machine that failed in the middle is not used again.
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
  }
});
parentPort.postMessage({ ready: true });
`;
