/** Where a group's offsets are kept: at the brokers for clustered consumption, in a file for broadcast consumption. */
@NullMarked
package org.fulmar.client.offset;

import org.jspecify.annotations.NullMarked;
