-- What the plugin adds to Neovim's own LSP client: writing a program's loader in one step.

local M = {}

-- Kind of the server's code action.
local KIND = 'source.gobpf.writeLoader'

local function warn(message) vim.notify('gobpf: ' .. message, vim.log.levels.WARN) end

-- The files that a workspace edit creates or changes.
local function files_of(edit)
  local uris = {}
  for uri in pairs(edit.changes or {}) do
    uris[uri] = true
  end
  for _, change in ipairs(edit.documentChanges or {}) do
    uris[change.uri or change.textDocument.uri] = true
  end
  return vim.tbl_map(vim.uri_to_fname, vim.tbl_keys(uris))
end

-- Creating a file over an old one, Neovim keeps what a buffer holds of the old one, and inserts into that.
local function empty_buffers_of_created(edit)
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.kind == 'create' then
      local bufnr = vim.fn.bufnr(vim.uri_to_fname(change.uri))
      if bufnr ~= -1 and vim.api.nvim_buf_is_loaded(bufnr) then vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, {}) end
    end
  end
end

-- Neovim leaves an applied edit in unsaved buffers; a loader is wanted on the disk.
local function apply(client, edit)
  empty_buffers_of_created(edit)
  vim.lsp.util.apply_workspace_edit(edit, client.offset_encoding)
  for _, file in ipairs(files_of(edit)) do
    vim.api.nvim_buf_call(vim.fn.bufadd(file), function() vim.cmd('silent write!') end)
    vim.notify('gobpf: wrote ' .. vim.fn.fnamemodify(file, ':~:.'))
  end
end

local function take(client, action, bufnr)
  if action.edit then return apply(client, action.edit) end
  client:request('codeAction/resolve', action, function(err, resolved)
    if err then return warn(err.message) end
    if not resolved or not resolved.edit then return warn('the server had no edit for the loader') end
    apply(client, resolved.edit)
  end, bufnr)
end

--- Writes the loader of the eBPF program in a buffer (default: the current one) beside its file.
---@param bufnr? integer
function M.write_loader(bufnr)
  bufnr = bufnr or vim.api.nvim_get_current_buf()
  local client = vim.lsp.get_clients({ bufnr = bufnr, name = 'gobpf' })[1]
  if not client then return warn('no server for this buffer; :checkhealth gobpf says why') end
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(bufnr),
    range = {
      start = { line = 0, character = 0 },
      ['end'] = { line = vim.api.nvim_buf_line_count(bufnr), character = 0 },
    },
    context = { diagnostics = {}, only = { KIND }, triggerKind = vim.lsp.protocol.CodeActionTriggerKind.Invoked },
  }
  client:request('textDocument/codeAction', params, function(err, actions)
    if err then return warn(err.message) end
    local action = (actions or {})[1]
    if not action then return warn('no loader for this file: it holds no eBPF program, or one that has errors') end
    take(client, action, bufnr)
  end, bufnr)
end

return M
