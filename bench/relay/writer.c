/* The floor: accepts viewers, and sends each event to each by one send(2), in one epoll loop.
 *
 * usage: writer VIEWERS EVENTS INTERVAL_MICROSECONDS
 * Prints its port, answers every request with a chunked event stream, waits for a line on its
 * standard input, then sends the events and closes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define PAYLOAD 400

static const char HEAD[] =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    "cache-control: no-store\r\ntransfer-encoding: chunked\r\n\r\n";

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void watch(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

/* Blocks until all is sent: a reader that is too slow shows in the wall time, never as a loss. */
static void send_all(int fd, const char *data, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) die("send");
    data += sent;
    size -= (size_t)sent;
  }
}

static size_t event_chunk(char *into, size_t room, int number) {
  char frame[PAYLOAD + 200];
  char padding[PAYLOAD];
  memset(padding, 'x', sizeof padding);
  int size = snprintf(frame, sizeof frame,
                      "id: bench-%d\ndata: {\"message\":\"event %06d %.*s\"}\n\n", number, number,
                      PAYLOAD - 60, padding);
  return (size_t)snprintf(into, room, "%x\r\n%s\r\n", (unsigned)size, frame);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int viewers = atoi(argv[1]), events = atoi(argv[2]);
  long interval = atol(argv[3]);
  int *fds = calloc((size_t)viewers, sizeof *fds), count = 0;
  int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listening, (struct sockaddr *)&address, length) < 0) die("bind");
  if (listen(listening, 4096) < 0) die("listen");
  getsockname(listening, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  int epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listening);
  watch(epoll, 0);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  watch(epoll, timer);
  char request[8192], chunk[PAYLOAD + 300];
  for (int sent = 0; sent < events;) {
    struct epoll_event ready[64];
    int found = epoll_wait(epoll, ready, 64, -1);
    for (int index = 0; index < found; index++) {
      int fd = ready[index].data.fd;
      if (fd == listening) {
        int viewer = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        setsockopt(viewer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(epoll, viewer);
      } else if (fd == 0) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, 0, NULL);
        struct itimerspec pace = {{interval / 1000000, interval % 1000000 * 1000},
                                  {0, 1000}};
        timerfd_settime(timer, 0, &pace, NULL);
      } else if (fd == timer) {
        unsigned long long ticks;
        if (read(timer, &ticks, sizeof ticks) < 0) die("timer");
        size_t size = event_chunk(chunk, sizeof chunk, sent++);
        for (int viewer = 0; viewer < count; viewer++) send_all(fds[viewer], chunk, size);
      } else if (recv(fd, request, sizeof request, 0) > 0 && count < viewers) {
        send_all(fd, HEAD, sizeof HEAD - 1);
        fds[count++] = fd;
      }
    }
  }
  for (int viewer = 0; viewer < count; viewer++) send_all(fds[viewer], "0\r\n\r\n", 5);
  return 0;
}
