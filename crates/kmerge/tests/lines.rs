//! The demo's merge of sorted text files.

#[path = "../examples/lines/mod.rs"]
mod lines;

use std::fs;
use std::path::PathBuf;

/// A folder of files that goes when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kmerge-lines-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// What merging files with these contents gives.
    fn merge(&self, contents: &[&[u8]]) -> Result<Vec<u8>, String> {
        let inputs: Vec<PathBuf> = (0..contents.len()).map(|i| self.0.join(i.to_string())).collect();
        for (input, bytes) in inputs.iter().zip(contents) {
            fs::write(input, bytes).unwrap();
        }
        let output = self.0.join("out");
        let lines = lines::merge_files(&inputs, &output)?;
        let merged = fs::read(output).unwrap();
        assert_eq!(merged.iter().filter(|&&byte| byte == b'\n').count(), lines);
        Ok(merged)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder left behind is no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_missing_newline_is_put_in_and_carriage_returns_are_kept() {
    let folder = Folder::new("newlines");
    assert_eq!(folder.merge(&[b"a\r\nc", b"", b"b\nd\r\n", b"\n"]).unwrap(), b"\na\r\nb\nc\nd\r\n");
    assert_eq!(folder.merge(&[b"", b""]).unwrap(), b"");
    assert_eq!(folder.merge(&[]).unwrap(), b"");
    assert_eq!(folder.merge(&[b"a\n\xff\n", b"a\n\x80"]).unwrap(), b"a\na\n\x80\n\xff\n", "bytes, not characters");
}

#[test]
fn lines_longer_than_a_block_and_many_short_ones_are_merged() {
    let folder = Folder::new("long");
    let long = [vec![b'a'; 200_000], vec![b'\n'], vec![b'b'; 300_000]].concat();
    let short: Vec<u8> = (0..40_000).flat_map(|i| format!("a{i:06}\n").into_bytes()).collect();
    let mut answer: Vec<&[u8]> = [&long, &short].iter().flat_map(|text| text.split(|&byte| byte == b'\n')).collect();
    answer.retain(|line| !line.is_empty());
    answer.sort();
    let merged = folder.merge(&[&long, &short]).unwrap();
    assert!(merged == [answer.join(&b'\n'), vec![b'\n']].concat());
}

#[test]
fn an_unsorted_or_unreadable_file_is_named_with_the_line() {
    let folder = Folder::new("errors");
    let unsorted = folder.merge(&[b"a\n", b"b\nc\nb\n"]).unwrap_err();
    assert!(unsorted.contains("1: line 3: is less than the line before"), "{unsorted}");
    let missing = folder.0.join("missing");
    let error = lines::merge_files(std::slice::from_ref(&missing), &folder.0.join("out")).unwrap_err();
    assert!(error.starts_with(&missing.display().to_string()), "{error}");
    let a_folder = lines::merge_files(std::slice::from_ref(&folder.0), &folder.0.join("out")).unwrap_err();
    assert!(a_folder.starts_with(&format!("{}: line 1: ", folder.0.display())), "{a_folder}");
}
