-- Configuration of the gobpf-lsp server, found by Neovim through vim.lsp.enable('gobpf').
-- Change any of it with vim.lsp.config('gobpf', { ... }).

---@type vim.lsp.Config
return {
  cmd = { 'gobpf-lsp', '--stdio' },
  filetypes = { 'go' },
  root_markers = { 'go.work', 'go.mod', 'gobpf.toml', '.git' },
  settings = {
    gobpf = {
      -- A kernel release such as '6.1'; nil leaves it to gobpf.toml and to //bpf:kernel in the file.
      kernel = nil,
      -- A file with the types (BTF) of that kernel; nil leaves it to gobpf.toml, then to the running system.
      btf = nil,
      -- Whether plain Go errors are shown too; nil: unless gopls is enabled, which shows them itself.
      goErrors = nil,
    },
  },
  -- Neovim 0.11 can do it but doesn't say so, and a server may rely only on what a client says.
  capabilities = { workspace = { workspaceEdit = { documentChanges = true } } },
  before_init = function(params, config)
    local gobpf = config.settings.gobpf
    if gobpf.goErrors == nil then gobpf.goErrors = not vim.lsp.is_enabled('gopls') end
    params.initializationOptions = { kernel = gobpf.kernel, btf = gobpf.btf, goErrors = gobpf.goErrors }
  end,
}
