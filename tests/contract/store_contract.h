/* store_contract.h - the groups of tests that store_contract runs; each runs on the fixture's back
 * end. */
#ifndef SG_TESTS_CONTRACT_STORE_CONTRACT_H
#define SG_TESTS_CONTRACT_STORE_CONTRACT_H

/* Each returns the number of failed tests. */
int store_contract_log(void);    /* writes, streams, idempotency, outbox, limits, closing */
int store_contract_tables(void); /* rows, ranges, search, last, wiping */
int store_contract_files(void);  /* SQLite: reopening, backup, migrations, locks */
int store_contract_faults(void); /* SQLite: crashes and failing disks */

#endif
