-- The round trip of a program in a headless Neovim, with the plugin set up as its README says.
-- usage: nvim --headless -u NONE -i NONE -c 'luafile e2e.lua', with GOBPF_LSP (the binary), GOBPF_PLUGIN (this plugin's
-- folder) and GOBPF_WORK (an empty folder) in the environment. Exit: 0 passed, 1 failed.

-- Longest wait for one thing to happen, in milliseconds.
local LIMIT = 15000

-- The verifier's complaint: a map lookup may find nothing, and its result is used unchecked.
local PROGRAM = [[
package main

import "github.com/miekg/bpf"

var calls = bpf.Hash[uint32, uint64]{MaxEntries: 1024}

func main() {
	n := calls.Lookup(1)
	bpf.TracePrintk("calls: %d\n", *n)
}
]]
local AFTER_LINE = 8 -- the fix goes behind the lookup
local FIX = { '\tif n == nil {', '\t\treturn', '\t}' }

-- In every loader: what generated Go must say, that it is no part of its package, and the library that loads.
local LOADER_PARTS = { '// Code generated ', '\n//go:build ignore\n', '"github.com/cilium/ebpf"', '\nfunc main() {' }

local started = vim.uv.hrtime()

local function ok(text) io.stdout:write(('ok: %s (%.1f s)\n'):format(text, (vim.uv.hrtime() - started) / 1e9)) end

local function one_line(text)
  local line = vim.trim((text:gsub('%s+', ' ')))
  return #line > 160 and line:sub(1, 160) .. '...' or line
end

local function wait(what, condition)
  if not vim.wait(LIMIT, condition, 20) then error('waited for ' .. what, 0) end
end

local function write(file, text)
  local handle = assert(io.open(file, 'w'))
  handle:write(text)
  handle:close()
end

local function read(file)
  local handle = io.open(file, 'r')
  if not handle then return '' end
  local text = handle:read('*a')
  handle:close()
  return text
end

-- The first diagnostic that predicts a rejection by the verifier.
local function rejection()
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    if tostring(diagnostic.code):match('^GB04%d%d$') then return diagnostic end
  end
end

-- The text of the floating window that vim.lsp.buf.hover opens.
local function hover_text()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
      return table.concat(lines, '\n')
    end
  end
  return ''
end

local function is_loader(file)
  local text = read(file)
  return vim.iter(LOADER_PARTS):all(function(part) return text:find(part, 1, true) ~= nil end)
end

local function write_by_code_action()
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action) return vim.startswith(action.title, 'Write eBPF loader') end,
  })
end

local function open(folder)
  write(folder .. '/go.mod', 'module example.com/calls\n\ngo 1.23\n')
  write(folder .. '/calls.go', PROGRAM)
  vim.opt.runtimepath:prepend(vim.env.GOBPF_PLUGIN)
  vim.cmd('runtime plugin/gobpf.lua')
  vim.cmd('filetype on')
  vim.lsp.config('gobpf', { cmd = { vim.env.GOBPF_LSP, '--stdio' } })
  vim.lsp.enable('gobpf')
  vim.cmd.edit(folder .. '/calls.go')
end

local function round_trip(folder)
  open(folder)
  wait('the server to attach', function() return #vim.lsp.get_clients({ bufnr = 0, name = 'gobpf' }) == 1 end)
  wait('a diagnostic GB04xx', rejection)
  local found = rejection()
  ok(('diagnostic shown on line %d: %s %s'):format(found.lnum + 1, found.code, one_line(found.message)))

  vim.api.nvim_win_set_cursor(0, { found.lnum + 1, 6 })
  vim.lsp.buf.hover()
  wait('a hover with **eBPF**', function() return hover_text():find('eBPF', 1, true) ~= nil end)
  local hover = hover_text()
  if not hover:find('%f[%w]r%d = ') then error('the hover has no instructions: ' .. one_line(hover), 0) end
  ok('hover shown: ' .. one_line(hover))

  vim.api.nvim_buf_set_lines(0, AFTER_LINE, AFTER_LINE, false, FIX)
  wait('all errors to go', function()
    return #vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR }) == 0
  end)
  ok('cleared after the edit')
  vim.cmd('silent write')

  local loader = folder .. '/calls-ebpf.go'
  local source = vim.api.nvim_get_current_buf()
  write_by_code_action()
  wait('the loader of the code action', function()
    vim.cmd('silent wall')
    return is_loader(loader)
  end)
  ok('loader written by the code action')

  -- Over the file that is there, which is shown in a buffer.
  local first = read(loader)
  vim.cmd.buffer(source)
  write_by_code_action()
  vim.wait(1000)
  vim.cmd('silent wall')
  if read(loader) ~= first then error('written twice, the loader differs: ' .. one_line(read(loader)), 0) end
  ok('loader written again by the code action')

  write(loader, '')
  vim.cmd.buffer(source)
  vim.cmd.GobpfWriteLoader()
  wait('the loader of :GobpfWriteLoader', function() return is_loader(loader) end)
  if read(loader) ~= first then error('the second loader differs from the first: ' .. one_line(read(loader)), 0) end
  ok('loader written again by :GobpfWriteLoader')
end

local passed, reason = xpcall(round_trip, function(err) return tostring(err) end, vim.env.GOBPF_WORK)
if not passed then io.stdout:write('FAILED: ' .. reason .. '\n') end
io.stdout:write(passed and 'PASSED\n' or 'FAILED\n')
vim.cmd(passed and 'qall!' or 'cquit! 1')
