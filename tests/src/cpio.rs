//! Writes the archive format that the kernel unpacks as its first file system (`newc`; see the kernel's
//! Documentation/driver-api/early-userspace/buffer-format.rst).

use std::collections::BTreeSet;

const DIRECTORY: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;

/// An archive being written.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    directories: BTreeSet<String>,
    entries: u32,
}

impl Archive {
    /// Adds an executable file at `path` (without a leading slash), and the directories that lead to it.
    pub fn file(&mut self, path: &str, contents: &[u8]) {
        for (at, _) in path.match_indices('/') {
            self.directory(&path[..at]);
        }
        self.entry(path, PROGRAM, contents);
    }

    /// Adds a directory; its parents must be there.
    pub fn directory(&mut self, path: &str) {
        if self.directories.insert(path.to_string()) {
            self.entry(path, DIRECTORY, &[]);
        }
    }

    /// The archive.
    pub fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }

    fn entry(&mut self, name: &str, mode: u32, contents: &[u8]) {
        self.entries += 1;
        let name_bytes = name.len() as u32 + 1;
        // inode, mode, user, group, links, time, size, device (two numbers), special device (two), name size, checksum
        let fields = [self.entries, mode, 0, 0, 1, 0, contents.len() as u32, 0, 0, 0, 0, name_bytes, 0];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(contents);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}
