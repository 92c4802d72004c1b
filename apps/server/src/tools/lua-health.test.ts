import { type Health, healthOfLua, type KubernetesObject } from '@lockstep/core';
import { afterAll, describe, expect, it } from 'vitest';
import { LuaWorker } from './lua.ts';

const lua = new LuaWorker();
afterAll(() => lua[Symbol.asyncDispose]());

interface Case {
  title: string;
  source: string;
  openLibs?: boolean;
  /** Parts of the object → the health expected of it. */
  objects: [Record<string, unknown>, Health | 'none'][];
}

const ready = (status: string, extra: Record<string, unknown> = {}) => ({
  status: { conditions: [{ type: 'Ready', status, ...extra }] },
});

/** Scripts in the ways people write them. */
const cases: Case[] = [
  {
    title: 'a loop over conditions with one global table',
    source: `
hs = {}
if obj.status ~= nil then
  if obj.status.conditions ~= nil then
    for i, condition in ipairs(obj.status.conditions) do
      if condition.type == "Ready" and condition.status == "False" then
        hs.status = "Degraded"
        hs.message = condition.message
        return hs
      end
      if condition.type == "Ready" and condition.status == "True" then
        hs.status = "Healthy"
        hs.message = condition.message
        return hs
      end
    end
  end
end
hs.status = "Progressing"
hs.message = "Waiting for certificate"
return hs`,
    objects: [
      [ready('True', { message: 'issued' }), { status: 'Healthy', message: 'issued' }],
      [ready('False', { message: 'no' }), { status: 'Degraded', message: 'no' }],
      [ready('Unknown'), { status: 'Progressing', message: 'Waiting for certificate' }],
      [{}, { status: 'Progressing', message: 'Waiting for certificate' }],
    ],
  },
  {
    title: 'the usual check of an Application among applications',
    source: `
hs = {}
hs.status = "Progressing"
hs.message = ""
if obj.status ~= nil then
  if obj.status.health ~= nil then
    hs.status = obj.status.health.status
    if obj.status.health.message ~= nil then
      hs.message = obj.status.health.message
    end
  end
end
return hs`,
    objects: [
      [{ status: { health: { status: 'Degraded', message: 'down' } } }, { status: 'Degraded', message: 'down' }],
      [{ status: {} }, { status: 'Progressing' }],
    ],
  },
  {
    title: 'a map from phases to statuses',
    source: `
local statuses = { Running = "Healthy", Pending = "Progressing", Failed = "Degraded", ["On Hold"] = "Suspended" }
local phase = obj.status and obj.status.phase or "Pending"
return { status = statuses[phase] or "Unknown", message = "phase " .. phase }`,
    objects: [
      [{ status: { phase: 'On Hold' } }, { status: 'Suspended', message: 'phase On Hold' }],
      [{}, { status: 'Progressing', message: 'phase Pending' }],
      [{ status: { phase: 'Odd' } }, { status: 'Unknown', message: 'phase Odd' }],
    ],
  },
  {
    title: 'counts of replicas in a message',
    source: `
local want = obj.spec.replicas or 1
local have = obj.status and obj.status.readyReplicas or 0
if have < want then
  return { status = "Progressing", message = have .. " of " .. want .. " replicas are ready" }
end
return { status = "Healthy", message = have .. "/" .. want }`,
    objects: [
      [
        { spec: { replicas: 3 }, status: { readyReplicas: 1 } },
        { status: 'Progressing', message: '1 of 3 replicas are ready' },
      ],
      [
        { spec: { replicas: 3 }, status: { readyReplicas: 3 } },
        { status: 'Healthy', message: '3/3' },
      ],
      [{ spec: {} }, { status: 'Progressing', message: '0 of 1 replicas are ready' }],
    ],
  },
  {
    title: 'a percentage that comes out whole',
    source: `local p = obj.status.done / obj.status.total * 100
return { status = p == 100 and "Healthy" or "Progressing", message = p .. "%" }`,
    objects: [
      [{ status: { done: 1, total: 2 } }, { status: 'Progressing', message: '50%' }],
      [{ status: { done: 1, total: 8 } }, { status: 'Progressing', message: '12.5%' }],
      [{ status: { done: 4, total: 4 } }, { status: 'Healthy', message: '100%' }],
    ],
  },
  {
    title: 'observedGeneration against generation',
    source: `
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "Waiting for generation " .. obj.metadata.generation }
end
return { status = "Healthy" }`,
    objects: [
      [{ status: { observedGeneration: 1 } }, { status: 'Progressing', message: 'Waiting for generation 2' }],
      [{ status: { observedGeneration: 2 } }, { status: 'Healthy' }],
    ],
  },
  {
    title: 'helper functions and an early return',
    source: `
local function conditionOf(name)
  for _, c in ipairs((obj.status or {}).conditions or {}) do
    if c.type == name then return c end
  end
end
local stalled = conditionOf("Stalled")
if stalled ~= nil and stalled.status == "True" then
  return { status = "Degraded", message = stalled.reason .. ": " .. stalled.message }
end
local ready = conditionOf("Ready")
if not ready then return { status = "Progressing" } end
return { status = ready.status == "True" and "Healthy" or "Progressing", message = ready.message }`,
    objects: [
      [
        { status: { conditions: [{ type: 'Stalled', status: 'True', reason: 'Bad', message: 'broken' }] } },
        { status: 'Degraded', message: 'Bad: broken' },
      ],
      [ready('True'), { status: 'Healthy' }],
      [{ status: { conditions: [] } }, { status: 'Progressing' }],
    ],
  },
  {
    title: 'messages collected with table.insert and table.concat',
    source: `
local problems = {}
for _, c in ipairs(obj.status.conditions) do
  if c.status ~= "True" then table.insert(problems, c.type .. " is " .. c.status) end
end
if #problems == 0 then return { status = "Healthy" } end
table.sort(problems)
return { status = "Degraded", message = table.concat(problems, ", ") }`,
    objects: [
      [
        {
          status: {
            conditions: [
              { type: 'Z', status: 'False' },
              { type: 'A', status: 'Unknown' },
              { type: 'B', status: 'True' },
            ],
          },
        },
        { status: 'Degraded', message: 'A is Unknown, Z is False' },
      ],
      [{ status: { conditions: [{ type: 'Z', status: 'True' }] } }, { status: 'Healthy' }],
    ],
  },
  {
    title: 'table.getn',
    source: `
if obj.status == nil or obj.status.loadBalancer == nil then return { status = "Progressing" } end
local ingress = obj.status.loadBalancer.ingress
if ingress ~= nil and table.getn(ingress) > 0 then return { status = "Healthy" } end
return { status = "Progressing" }`,
    objects: [
      [{ status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } }, { status: 'Healthy' }],
      [{ status: { loadBalancer: { ingress: [] } } }, { status: 'Progressing' }],
    ],
  },
  {
    title: 'goto continue',
    source: `
local failing = 0
for _, item in ipairs(obj.status.items) do
  if item.ignored then goto continue end
  if not item.ready then failing = failing + 1 end
  ::continue::
end
return { status = failing > 0 and "Degraded" or "Healthy", message = failing .. " failing" }`,
    objects: [
      [
        { status: { items: [{ ready: true }, { ready: false, ignored: true }, { ready: false }] } },
        { status: 'Degraded', message: '1 failing' },
      ],
    ],
  },
  {
    title: 'annotations with keys that need quotes',
    source: `
if obj.metadata.annotations ~= nil and obj.metadata.annotations["example.com/paused"] == "true" then
  return { status = "Suspended", message = "Paused by annotation" }
end
return { status = "Healthy" }`,
    objects: [
      [
        { metadata: { annotations: { 'example.com/paused': 'true' } } },
        { status: 'Suspended', message: 'Paused by annotation' },
      ],
      [{ metadata: {} }, { status: 'Healthy' }],
    ],
  },
  {
    title: 'pairs over a map of states',
    source: `
local worst = "Healthy"
for name, state in pairs(obj.status.nodes) do
  if state.phase == "Failed" then worst = "Degraded" end
end
return { status = worst }`,
    objects: [
      [{ status: { nodes: { a: { phase: 'Ok' }, b: { phase: 'Failed' } } } }, { status: 'Degraded' }],
      [{ status: { nodes: {} } }, { status: 'Healthy' }],
    ],
  },
  {
    title: 'next to see whether a table is empty',
    source: `if next(obj.status.addresses or {}) == nil then return { status = "Progressing" } end return { status = "Healthy" }`,
    objects: [
      [{ status: { addresses: [] } }, { status: 'Progressing' }],
      [{ status: { addresses: [{ value: 'x' }] } }, { status: 'Healthy' }],
    ],
  },
  {
    title: 'only some objects count',
    source: `if obj.spec.kind ~= "judged" then return nil end return { status = "Degraded" }`,
    objects: [
      [{ spec: { kind: 'other' } }, 'none'],
      [{ spec: { kind: 'judged' } }, { status: 'Degraded' }],
    ],
  },
  { title: 'an empty table', source: `return {}`, objects: [[{}, 'none']] },
  { title: 'no return at all', source: `local hs = {}`, objects: [[{}, 'none']] },
  {
    title: 'a status nobody knows',
    source: `return { status = "healthy" }`,
    objects: [[{}, { status: 'Unknown', message: 'Lua returned an invalid health status' }]],
  },
  {
    title: 'a message that is a number',
    source: `return { status = "Healthy", message = 5 }`,
    objects: [[{}, { status: 'Healthy' }]],
  },
  {
    title: 'pcall around what may be missing',
    source: `
local ok, phase = pcall(function() return obj.status.deep.deeper.phase end)
return { status = ok and phase == "Up" and "Healthy" or "Progressing", message = ok and "" or "no status yet" }`,
    objects: [
      [{ status: { deep: { deeper: { phase: 'Up' } } } }, { status: 'Healthy' }],
      [{}, { status: 'Progressing', message: 'no status yet' }],
    ],
  },
  {
    title: 'nested lists of lists',
    source: `
for _, parent in ipairs(obj.status.parents) do
  for _, c in ipairs(parent.conditions) do
    if c.status == "False" then return { status = "Degraded", message = parent.parentRef.name .. ": " .. c.reason } end
  end
end
return { status = "Healthy" }`,
    objects: [
      [
        {
          status: {
            parents: [
              { parentRef: { name: 'gw' }, conditions: [{ status: 'True' }, { status: 'False', reason: 'NoMatch' }] },
            ],
          },
        },
        { status: 'Degraded', message: 'gw: NoMatch' },
      ],
    ],
  },
  {
    title: 'while with a break, and numeric for',
    source: `
local i, found = 1, nil
while true do
  local c = obj.status.conditions[i]
  if c == nil then break end
  if c.type == "Ready" then found = c break end
  i = i + 1
end
local sum = 0
for n = 10, 2, -4 do sum = sum + n end
return { status = found and "Healthy" or "Progressing", message = "at " .. i .. ", " .. sum }`,
    objects: [[ready('True'), { status: 'Healthy', message: 'at 1, 18' }]],
  },
  {
    title: 'and/or chains with false, which is not nil',
    source: `
if obj.spec.enabled == false then return { status = "Suspended" } end
return { status = (obj.status or {}).ready and "Healthy" or "Progressing" }`,
    objects: [
      [{ spec: { enabled: false } }, { status: 'Suspended' }],
      [{ spec: {}, status: { ready: false } }, { status: 'Progressing' }],
      [{ spec: {}, status: { ready: true } }, { status: 'Healthy' }],
    ],
  },
  {
    title: 'an age from os.time and a parsed timestamp',
    openLibs: true,
    source: `
local year, month, day, hour, min, sec = string.match(obj.metadata.creationTimestamp, "(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)Z")
local age = os.time() - os.time({ year = year, month = month, day = day, hour = hour, min = min, sec = sec })
if age > 3600 then return { status = "Degraded", message = "older than an hour" } end
return { status = "Progressing", message = "young" }`,
    objects: [
      [
        { metadata: { creationTimestamp: '2020-01-02T03:04:05Z' } },
        { status: 'Degraded', message: 'older than an hour' },
      ],
      [{ metadata: { creationTimestamp: '2999-01-02T03:04:05Z' } }, { status: 'Progressing', message: 'young' }],
    ],
  },
  {
    title: 'string.find as a predicate',
    openLibs: true,
    source: `
if string.find(obj.status.message, "timed out") ~= nil then return { status = "Degraded", message = obj.status.message } end
return { status = "Healthy" }`,
    objects: [
      [{ status: { message: 'it timed out' } }, { status: 'Degraded', message: 'it timed out' }],
      [{ status: { message: 'fine' } }, { status: 'Healthy' }],
    ],
  },
  {
    title: 'string.format with counts and fractions',
    openLibs: true,
    source: `return { status = "Progressing", message = string.format("%d of %d Pods (%.1f%%) on %s", obj.status.a, obj.status.b, obj.status.a / obj.status.b * 100, obj.metadata.name) }`,
    objects: [[{ status: { a: 2, b: 3 } }, { status: 'Progressing', message: '2 of 3 Pods (66.7%) on w' }]],
  },
  {
    title: 'string methods, gsub and gmatch',
    openLibs: true,
    source: `
local words = {}
for word in obj.status.text:gmatch("%a+") do words[#words + 1] = word:upper():sub(1, 2) end
return { status = "Healthy", message = (table.concat(words, "-"):gsub("A", "4")) .. " " .. ("%d"):rep(2):len() }`,
    objects: [[{ status: { text: 'alpha beta' } }, { status: 'Healthy', message: '4L-BE 4' }]],
  },
  {
    title: 'math on quantities',
    openLibs: true,
    source: `
local used = tonumber((obj.status.used:gsub("Gi", "")))
local size = tonumber((obj.status.size:gsub("Gi", "")))
local free = math.floor((1 - used / size) * 100 + 0.5)
return { status = free < 10 and "Degraded" or "Healthy", message = free .. "% free, " .. math.max(used, 0) }`,
    objects: [
      [{ status: { used: '7.5Gi', size: '10Gi' } }, { status: 'Healthy', message: '25% free, 7.5' }],
      [{ status: { used: '95Gi', size: '100Gi' } }, { status: 'Degraded', message: '5% free, 95' }],
    ],
  },
  {
    title: 'versions compared number by number',
    openLibs: true,
    source: `
local function parts(v) local t = {} for n in v:gmatch("%d+") do t[#t + 1] = tonumber(n) end return t end
local want, have = parts(obj.spec.version), parts(obj.status.version)
for i = 1, math.max(#want, #have) do
  if (have[i] or 0) < (want[i] or 0) then return { status = "Progressing", message = "at " .. table.concat(have, ".") } end
end
return { status = "Healthy" }`,
    objects: [
      [
        { spec: { version: 'v1.10.0' }, status: { version: 'v1.9.4' } },
        { status: 'Progressing', message: 'at 1.9.4' },
      ],
      [{ spec: { version: '1.10' }, status: { version: '1.10.0' } }, { status: 'Healthy' }],
    ],
  },
  {
    title: 'a method on a table of its own',
    source: `
local Checker = {}
Checker.__index = Checker
function Checker.new(o) return setmetatable({ o = o }, Checker) end
function Checker:health() return { status = self.o.status.up and "Healthy" or "Degraded" } end
return Checker.new(obj):health()`,
    objects: [[{ status: { up: true } }, { status: 'Healthy' }]],
  },
  {
    title: 'varargs and select',
    source: `
local function any(...)
  for i = 1, select("#", ...) do if select(i, ...) then return true end end
  return false
end
return { status = any(nil, obj.status.a, obj.status.b) and "Degraded" or "Healthy" }`,
    objects: [
      [{ status: { a: false, b: true } }, { status: 'Degraded' }],
      [{ status: {} }, { status: 'Healthy' }],
    ],
  },
  {
    title: 'large numbers: bytes and milliseconds',
    source: `return { status = obj.status.at > 1700000000000 and "Healthy" or "Degraded", message = obj.status.bytes / 1024 .. "KiB at " .. obj.status.at }`,
    objects: [
      [
        { status: { at: 1764169200123, bytes: 8589934592 } },
        { status: 'Healthy', message: '8388608KiB at 1764169200123' },
      ],
    ],
  },
  {
    title: 'long comments, semicolons and both kinds of quotes',
    source: `--[[ a
long comment ]] local hs = { status = 'Healthy'; message = [[two
lines]] }; -- done
return hs;`,
    objects: [[{}, { status: 'Healthy', message: 'two\nlines' }]],
  },
  {
    title: 'the object changed on the way, which nobody sees',
    source: `
obj.status = obj.status or {}
obj.status.conditions = obj.status.conditions or {}
table.insert(obj.status.conditions, { type = "Ready", status = "True" })
return { status = #obj.status.conditions == 1 and "Healthy" or "Degraded" }`,
    objects: [
      [{}, { status: 'Healthy' }],
      [{}, { status: 'Healthy' }],
    ],
  },
];

describe('health scripts', () => {
  for (const { title, source, openLibs = false, objects } of cases) {
    it(`understands ${title}`, async () => {
      for (const [parts, expected] of objects) {
        const { metadata, ...rest } = parts;
        const object: KubernetesObject = {
          apiVersion: 'example.com/v1',
          kind: 'Widget',
          metadata: { name: 'w', generation: 2, ...(metadata as object) },
          ...rest,
        };
        const answer = await lua.run({ source, openLibs, name: 'health.lua', kind: 'example.com/Widget' }, object);
        expect(healthOfLua(answer)).toEqual(expected);
      }
    });
  }

  it('refuses what is no table', () => {
    expect(() => healthOfLua({ type: 'string' })).toThrow('expect table output from Lua script, not string');
  });
});
