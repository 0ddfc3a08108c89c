/* server.h - one running Segue: loop, store, app, api and HTTP, wired in order and taken apart in the reverse. */
#ifndef SG_SEGUE_SERVER_H
#define SG_SEGUE_SERVER_H

#include "segue/config.h"

struct server;
struct store;
struct loop;

/* Exit codes of the program (sysexits.h). */
enum { EXIT_OK = 0, EXIT_USAGE = 64, EXIT_DATA = 65, EXIT_UNAVAILABLE = 69, EXIT_SOFTWARE = 70, EXIT_IO = 74, EXIT_CONFIG = 78 };

/* Serves until SIGTERM or SIGINT; returns the exit code. ready(arg) when it takes requests, or NULL. */
int server_run(const struct settings *s, bool conformance, void (*ready)(const char *url, void *arg), void *arg);

/* For commands that need only the store: opens DATA/segue.db on a new loop; read_only: beside a running server, too.
 * Prints why not; NULL. */
struct store *server_open_store(const struct settings *s, struct loop *l, bool read_only);
/* Makes the folders of DATA. false: printed why. */
bool server_make_folders(const struct settings *s);

#endif
