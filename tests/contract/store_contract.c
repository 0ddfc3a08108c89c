/* store_contract.c - the contract of store.h against one back end: store_contract memory|sqlite
 * GROUP. */
#include <stdio.h>
#include <string.h>

#include "contract/store_contract.h"
#include "contract/store_fixture.h"

static const struct group {
	const char *name;
	int (*run)(void);
	bool sqlite_only;
} groups[] = {{"log", store_contract_log, false},
	      {"tables", store_contract_tables, false},
	      {"files", store_contract_files, true},
	      {"faults", store_contract_faults, true}};

int main(int argc, char **argv)
{
	bool sqlite = argc == 3 && strcmp(argv[1], "sqlite") == 0;

	if (argc == 3 && (sqlite || strcmp(argv[1], "memory") == 0)) {
		fixture_backend = argv[1];
		for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
			if (strcmp(argv[2], groups[i].name) == 0 &&
			    (sqlite || !groups[i].sqlite_only))
				return groups[i].run() != 0;
		}
	}
	fprintf(stderr, "usage: store_contract memory|sqlite log|tables|files|faults\n");
	return 2;
}
