// /init: runs the program of /args, one word a line, with the environment of /env; writes its output to the parallel
// port, which has no baud rate; then "EXIT status", and turns the machine off.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char* p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    outb((unsigned char)p[i], 0x378);
    outb(0x0d, 0x37a);  // strobe
    outb(0x0c, 0x37a);
  }
}
static void end(int status) {
  char line[64];
  put(line, (size_t)snprintf(line, sizeof line, "\nEXIT %d\n", status));
  for (const char* p = "Shutdown"; *p; p++) outb((unsigned char)*p, 0x8900);
  reboot(RB_AUTOBOOT);  // the ROM ends a second start
  for (;;) pause();
}
static char** words(const char* path, char* text, size_t size, char** list, int most) {
  const int f = open(path, O_RDONLY);
  const ssize_t length = f < 0 ? 0 : read(f, text, size - 1);
  if (f >= 0) close(f);
  int n = 0;
  text[length > 0 ? length : 0] = 0;
  for (char *s = text, *e; n < most - 1 && (e = strchr(s, '\n')) != NULL; s = e + 1) *e = 0, list[n++] = s;
  list[n] = NULL;
  return list;
}
int main(void) {
  static char text[2][1 << 16], *args[1024], *env[256];
  if (iopl(3) != 0) return 1;
  mkdir("/proc", 0755), mkdir("/sys", 0755), mkdir("/dev", 0755), mkdir("/tmp", 01777);
  mount("proc", "/proc", "proc", 0, NULL), mount("sysfs", "/sys", "sysfs", 0, NULL);
  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  mkdir("/dev/shm", 01777), mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
  words("/args", text[0], sizeof text[0], args, 1024), words("/env", text[1], sizeof text[1], env, 256);
  int ends[2];
  if (pipe(ends) != 0) end(126);
  put("START\n", 6);
  const pid_t child = fork();
  if (child == 0) {
    dup2(open("/dev/null", O_RDONLY), 0), dup2(ends[1], 1), dup2(ends[1], 2);
    close(ends[0]), close(ends[1]);
    iopl(0);
    execve("/program", args, env);
    dprintf(1, "init: cannot run the program: %s\n", strerror(errno));
    _exit(127);
  }
  close(ends[1]);
  char part[4096];
  for (ssize_t n; (n = read(ends[0], part, sizeof part)) > 0;) put(part, (size_t)n);
  int status = 0;
  waitpid(child, &status, 0);
  end(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
