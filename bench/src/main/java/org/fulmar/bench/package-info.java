/** Benchmarks of the client and the broker. */
@NullMarked
package org.fulmar.bench;

import org.jspecify.annotations.NullMarked;
