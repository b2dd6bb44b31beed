-- :checkhealth gobpf

local M = {}

function M.check()
  local health = vim.health
  health.start('gobpf')
  if vim.fn.has('nvim-0.11') == 0 then
    health.error('Neovim is older than 0.11', 'vim.lsp.config and vim.lsp.enable came with 0.11')
    return
  end
  local cmd = vim.lsp.config.gobpf.cmd
  local binary = type(cmd) == 'table' and cmd[1] or nil
  if binary == nil then
    health.info('the server is reached through a function, not started as a process')
  elseif vim.fn.executable(binary) == 1 then
    health.ok('server: ' .. vim.fn.exepath(binary))
  else
    health.error(
      binary .. ' is not an executable file',
      "put gobpf-lsp on the PATH, or vim.lsp.config('gobpf', { cmd = { '/path/to/gobpf-lsp', '--stdio' } })"
    )
  end
  if vim.lsp.is_enabled('gobpf') then
    health.ok(('enabled; running for %d project(s)'):format(#vim.lsp.get_clients({ name = 'gobpf' })))
  else
    health.warn('not enabled', "vim.lsp.enable('gobpf')")
  end
end

return M
