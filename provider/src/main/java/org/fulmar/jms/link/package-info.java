/** The seam between JMS objects and the wire: operations with futures, and the events that come back. */
@NullMarked
package org.fulmar.jms.link;

import org.jspecify.annotations.NullMarked;
