// Node-API on Windows, found in whatever program runs: node.exe under any name, Electron, Bun, Deno.
//
// A binary that imports from "node.exe" loads into that program alone. The remedy of node-gyp and cmake-js, a delayed
// import with a hook, needs a linker that can delay; this needs none. Compilers call an imported function through a
// pointer,
// __imp_<name>, which a linker would have the system fill in. Here they are variables of ours, filled in when the
// binary loads. What the running program lacks stays null, and is never called: NAPI_VERSION says what may be.
//
// CMakeLists.txt writes lockstep_node_api.inc: a line LOCKSTEP_NODE_API(name) for each function.
#include <windows.h>

extern "C" {
#define LOCKSTEP_NODE_API(name) FARPROC __imp_##name;
#include "lockstep_node_api.inc"
#undef LOCKSTEP_NODE_API
}

namespace {

HMODULE host() {
  if (const HMODULE library = GetModuleHandleW(L"node.dll")) return library;
  if (const HMODULE library = GetModuleHandleW(L"libnode.dll")) return library;
  return GetModuleHandleW(nullptr);
}

}  // namespace

extern "C" BOOL WINAPI DllMain(HINSTANCE, DWORD reason, LPVOID) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  const HMODULE program = host();
#define LOCKSTEP_NODE_API(name) __imp_##name = GetProcAddress(program, #name);
#include "lockstep_node_api.inc"
#undef LOCKSTEP_NODE_API
  return TRUE;
}
