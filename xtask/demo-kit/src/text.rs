//! Real text to work on: files the user names, or the sources of this workspace.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The root of the workspace that this demo was built from.
pub fn workspace_root() -> PathBuf {
    let kit = Path::new(env!("CARGO_MANIFEST_DIR"));
    kit.ancestors().nth(2).unwrap_or(kit).to_path_buf()
}

/// Every text file below `root` in a fixed order; `root` itself if it is a file. Hidden entries and `target` folders are
/// left out, and so is what [`read`] does not take for text. An empty list is an error that names `root`.
pub fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if fs::metadata(root).map_err(|error| named(root, &error))?.is_file() {
        read(root)?;
        found.push(root.to_path_buf());
    } else {
        collect(root, &mut found)?;
    }
    if found.is_empty() {
        return Err(io::Error::other(format!("{}: no text file below this folder", root.display())));
    }
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(|error| named(folder, &error))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Ok(kind) = fs::symlink_metadata(&path) else { continue };
        if name.starts_with('.') || name == "target" || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            collect(&path, found)?;
        } else if kind.is_file() && read(&path).is_ok() {
            found.push(path);
        }
    }
    Ok(())
}

/// The text of a file. Bytes that are no UTF-8 become U+FFFD; a file with a zero byte is no text and an error.
pub fn read(path: &Path) -> io::Result<String> {
    let bytes = fs::read(path).map_err(|error| named(path, &error))?;
    if bytes.contains(&0) {
        return Err(io::Error::other(format!("{}: not a text file (it holds zero bytes)", path.display())));
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// The words of a text: longest runs of letters, digits and underscores, in order.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_has_text_and_this_file_is_in_it() {
        let files = files(&workspace_root()).unwrap();
        assert!(files.iter().any(|path| path.ends_with("demo-kit/src/text.rs")));
        assert!(!files.iter().any(|path| path.components().any(|part| part.as_os_str() == "target")));
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_it() {
        let message = files(Path::new("no/such/folder")).unwrap_err().to_string();
        assert!(message.contains("no/such/folder"), "{message}");
    }

    #[test]
    fn a_file_that_is_no_utf8_is_read_and_a_binary_one_is_refused() {
        let folder = std::env::temp_dir().join(format!("demo-kit-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("latin1.txt"), b"caf\xe9 au lait").unwrap();
        fs::write(folder.join("binary"), b"a\0b").unwrap();
        let found = files(&folder).unwrap();
        let refused = read(&folder.join("binary"));
        let text = read(&folder.join("latin1.txt")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found.len(), 1);
        assert!(refused.is_err());
        assert_eq!(words(&text).count(), 3);
    }
}
