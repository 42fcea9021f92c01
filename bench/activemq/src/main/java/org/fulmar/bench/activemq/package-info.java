/** ActiveMQ Classic as a peer of the benchmarks. */
@NullMarked
package org.fulmar.bench.activemq;

import org.jspecify.annotations.NullMarked;
