/** The JMS objects: connections, sessions, contexts, producers and consumers. Applications see their interfaces. */
@NullMarked
package org.fulmar.jms.session;

import org.jspecify.annotations.NullMarked;
