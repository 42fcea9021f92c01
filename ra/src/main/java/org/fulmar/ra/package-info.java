/** The Jakarta Connectors resource adapter: what application servers start, and what it needs there. */
@NullMarked
package org.fulmar.ra;

import org.jspecify.annotations.NullMarked;
