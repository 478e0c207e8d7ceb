/** The WASM imports that Python may call after boot. What is in neither list ends the interpreter. */

/** They work: clocks, randomness, and files that live in the worker's memory. */
export const allowedImports: ReadonlySet<string> = new Set([
  "emscripten_date_now", "emscripten_get_now", "clock_time_get", "clock_res_get",
  "_tzset_js", "_timegm_js", "_mktime_js", "_localtime_js", "_gmtime_js",
  "random_get", "environ_get", "environ_sizes_get", "emscripten_get_heap_max",
  "fd_close", "fd_read", "fd_write", "fd_seek", "fd_pread", "fd_pwrite", "fd_sync", "fd_fdstat_get",
  "__syscall_openat", "__syscall_fstat64", "__syscall_stat64", "__syscall_lstat64", "__syscall_newfstatat",
  "__syscall_getcwd", "__syscall_chdir", "__syscall_fchdir", "__syscall_getdents64", "__syscall_mkdirat",
  "__syscall_unlinkat", "__syscall_rmdir", "__syscall_renameat", "__syscall_readlinkat", "__syscall_symlinkat",
  "__syscall_faccessat", "__syscall_chmod", "__syscall_fchmod", "__syscall_fchmodat2", "__syscall_utimensat",
  "__syscall_truncate64", "__syscall_ftruncate64", "__syscall_fdatasync", "__syscall_dup", "__syscall_dup3",
  "__syscall_fcntl64", "__syscall_ioctl", "__syscall_fadvise64",
  // The interpreter's own: signals from the interrupt buffer, and calls by function pointer.
  "_Py_CheckEmscriptenSignals_Helper", "_PyEM_TrampolineCall_JS", "__call_sighandler",
  "emscripten_runtime_keepalive_push", "emscripten_runtime_keepalive_pop",
  // Comparisons with a sentinel; they reach nothing.
  "Jsv_GetError_import", "JsvError_Check",
]);

const notPermitted = -63;
const badAddress = -4;

/** They answer with an error that Python turns into OSError or the like. */
export const refusedImports: ReadonlyMap<string, number | null> = new Map<string, number | null>([
  ...[
    "socket", "connect", "bind", "listen", "accept4", "getpeername", "getsockname", "getsockopt",
    "recvfrom", "recvmsg", "sendto", "sendmsg", "pipe", "poll", "mknodat", "fchownat", "fchown32",
    "statfs64", "fstatfs64", "fallocate",
  ].map((name): [string, number] => [`__syscall_${name}`, notPermitted]),
  ["_emscripten_system", -1],
  ["getaddrinfo", badAddress],
  ["getnameinfo", badAddress],
  ["getprotobyname", 0],
  ["_emscripten_lookup_name", 0],
  ["_dlopen_js", 0],
  ["_dlsym_js", 0],
  ["_mmap_js", notPermitted],
  ["_munmap_js", notPermitted],
  ["_msync_js", notPermitted],
  ["_setitimer_js", notPermitted],
  ["__syscall_umask_js", 0o022],
  ["__syscall_getuid32_js", 0],
  ["_maybe_poll_async", null],
  ["_maybe_connect_async", null],
  ["_maybe_recvfrom_async", null],
  ["_maybe_sendto_async", null],
  ["_try_fcntl64", 0],
  ["_try_shutdown", 0],
]);
