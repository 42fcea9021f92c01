/** What the tests deploy: runs inside the server, and is told and asked by {@link org.fulmar.appservers.wildfly.app.Driver}. */
package org.fulmar.appservers.wildfly.app;
