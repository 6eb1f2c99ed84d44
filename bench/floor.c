/*
 * The floor of floors: what the same work costs with nothing between it and the system calls.
 *
 *     floor start N DIRECTORY    sleep workers, each with a log, a session of its own and a pidfile
 *     floor status DIRECTORY     asks of each pid in a pidfile whether it is there
 *     floor stop DIRECTORY       TERM to each, looks until all are dead, removes the pidfiles; it trusts the pids
 *     floor adopt PROGRAM ...    runs a program, and reaps at once all orphans below it: see README.md
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static const struct timespec LOOK = {.tv_nsec = 1000000};

static void check(int error, const char *what) {
	if (error != 0) {
		errno = error;
		err(1, "%s", what);
	}
}

static pid_t begin(const char *log) {
	char *argv[] = {"sleep", "3600", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	pid_t pid;
	check(posix_spawn_file_actions_init(&files), "file actions");
	check(posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0), "stdin");
	check(posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_APPEND | O_CREAT, 0640), "log");
	check(posix_spawn_file_actions_adddup2(&files, 1, 2), "stderr");
	check(posix_spawnattr_init(&attributes), "attributes");
	check(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID), "setsid");
	check(posix_spawn(&pid, "/bin/sleep", &files, &attributes, argv, environ), "spawn");
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

static void start(int count, const char *directory) {
	char path[PATH_MAX];
	for (int index = 1; index <= count; index++) {
		snprintf(path, sizeof path, "%s/w%d.log", directory, index);
		pid_t pid = begin(path);
		snprintf(path, sizeof path, "%s/w%d.pid", directory, index);
		FILE *pidfile = fopen(path, "w");
		if (pidfile == NULL || fprintf(pidfile, "%d\n", pid) < 0 || fclose(pidfile) != 0) err(1, "%s", path);
	}
}

/* The next pidfile of a directory, or 0 at its end. */
static pid_t next(DIR *entries, const char *directory, char *path) {
	for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
		char *dot = strrchr(entry->d_name, '.');
		if (dot == NULL || strcmp(dot, ".pid") != 0) continue;
		snprintf(path, PATH_MAX, "%s/%s", directory, entry->d_name);
		FILE *pidfile = fopen(path, "r");
		int pid = 0;
		if (pidfile == NULL || fscanf(pidfile, "%d", &pid) != 1 || pid <= 1) err(1, "%s", path);
		fclose(pidfile);
		return pid;
	}
	return 0;
}

static DIR *opened(const char *directory) {
	DIR *entries = opendir(directory);
	if (entries == NULL) err(1, "%s", directory);
	return entries;
}

static void status(const char *directory) {
	char path[PATH_MAX];
	DIR *entries = opened(directory);
	for (pid_t pid; (pid = next(entries, directory, path)) != 0;)
		printf("%d %s\n", pid, kill(pid, 0) == 0 || errno == EPERM ? "alive" : "dead");
	closedir(entries);
}

/* A zombie is dead: who reaps it, and when, is not our affair. */
static int alive(pid_t pid) {
	char path[64], line[512];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *stat = fopen(path, "r");
	if (stat == NULL) return 0;
	char *name = fgets(line, sizeof line, stat) == NULL ? NULL : strrchr(line, ')');
	fclose(stat);
	return name != NULL && name[2] != 'Z';
}

static void stop(const char *directory) {
	char path[PATH_MAX];
	DIR *entries = opened(directory);
	for (pid_t pid; (pid = next(entries, directory, path)) != 0;) kill(pid, SIGTERM);
	rewinddir(entries);
	for (pid_t pid; (pid = next(entries, directory, path)) != 0;) {
		while (alive(pid)) nanosleep(&LOOK, NULL);
		unlink(path);
	}
	closedir(entries);
}

static volatile pid_t adopted;

static void hand_on(int number) {
	kill(adopted, number);
}

/* A terminal sends INT to the program itself. */
static int adopt(char **argv) {
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) err(1, "subreaper");
	pid_t child;
	/* TERM too if whoever waits for us is killed: the program then clears up. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) err(1, "pdeathsig");
	check(posix_spawnp(&child, argv[0], NULL, NULL, argv, environ), argv[0]);
	adopted = child;
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, hand_on);
	for (int status;;) {
		pid_t ended = wait(&status);
		if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		if (ended < 0 && errno != EINTR) err(1, "wait");
	}
}

int main(int argc, char **argv) {
	const char *verb = argc > 1 ? argv[1] : "";
	if (strcmp(verb, "adopt") == 0 && argc > 2) return adopt(argv + 2);
	if (strcmp(verb, "start") == 0 && argc == 4) start(atoi(argv[2]), argv[3]);
	else if (strcmp(verb, "status") == 0 && argc == 3) status(argv[2]);
	else if (strcmp(verb, "stop") == 0 && argc == 3) stop(argv[2]);
	else if (strcmp(verb, "--version") != 0) errx(2, "start N DIRECTORY | status DIRECTORY | stop DIRECTORY | adopt PROGRAM");
	return 0;
}
