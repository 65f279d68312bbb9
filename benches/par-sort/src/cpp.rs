//! The sorts of C++ that this build found: GNU's parallel mode and IPS4o on two threads, oneTBB on its own.

/// A sort in place.
pub type Sort<T> = fn(&mut [T]);

/// An element that the C++ sorts know.
pub trait Known: Sized + 'static {
    /// Unstable sorts by name.
    const SORTS: &'static [(&'static str, Sort<Self>)];
    /// Stable sorts by name.
    const STABLE: &'static [(&'static str, Sort<Self>)];
}

macro_rules! known {
    ($type:ty, $gnu:ident, $gnu_stable:ident, $tbb:ident, $ips4o:ident) => {
        #[cfg(any(gnu_parallel, tbb, ips4o))]
        unsafe extern "C" {
            #[cfg(gnu_parallel)]
            fn $gnu(v: *mut $type, n: usize);
            #[cfg(gnu_parallel)]
            fn $gnu_stable(v: *mut $type, n: usize);
            #[cfg(tbb)]
            fn $tbb(v: *mut $type, n: usize);
            #[cfg(ips4o)]
            fn $ips4o(v: *mut $type, n: usize);
        }
        impl Known for $type {
            const SORTS: &'static [(&'static str, Sort<Self>)] = &[
                #[cfg(gnu_parallel)]
                // SAFETY: the shim sorts `n` elements in place; the types have the same layout on both sides.
                ("GNU parallel", |v| unsafe { $gnu(v.as_mut_ptr(), v.len()) }),
                #[cfg(tbb)]
                // SAFETY: as above.
                ("TBB", |v| unsafe { $tbb(v.as_mut_ptr(), v.len()) }),
                #[cfg(ips4o)]
                // SAFETY: as above.
                ("IPS4o", |v| unsafe { $ips4o(v.as_mut_ptr(), v.len()) }),
            ];
            const STABLE: &'static [(&'static str, Sort<Self>)] = &[
                #[cfg(gnu_parallel)]
                // SAFETY: as above.
                ("GNU parallel stable", |v| unsafe { $gnu_stable(v.as_mut_ptr(), v.len()) }),
            ];
        }
    };
}

known!(u64, gnu_sort_u64, gnu_stable_sort_u64, tbb_sort_u64, ips4o_sort_u64);
known!(u32, gnu_sort_u32, gnu_stable_sort_u32, tbb_sort_u32, ips4o_sort_u32);
known!(f64, gnu_sort_f64, gnu_stable_sort_f64, tbb_sort_f64, ips4o_sort_f64);
known!(crate::Pair, gnu_sort_pair, gnu_stable_sort_pair, tbb_sort_pair, ips4o_sort_pair);
