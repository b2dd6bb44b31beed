vim.api.nvim_create_user_command('GobpfWriteLoader', function() require('gobpf').write_loader() end, {
  desc = 'Write the loader of the eBPF program in this file',
})
