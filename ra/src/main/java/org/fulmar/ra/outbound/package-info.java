/** Managed connections, and the JMS objects that applications get of them. */
@NullMarked
package org.fulmar.ra.outbound;

import org.jspecify.annotations.NullMarked;
