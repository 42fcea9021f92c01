/** Message endpoints: what consumes for message-driven beans. */
@NullMarked
package org.fulmar.ra.inbound;

import org.jspecify.annotations.NullMarked;
